//! Every suite, over the configured engines in a temporary place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use mainstay_conformance::events::Log;
use mainstay_conformance::limits::Allowances;
use mainstay_conformance::notify::Delivery;
use mainstay_conformance::{
    Case, blobs, cache, events, jobs, limits, notify, realtime, rpc, search, sql, workflow,
};
use mainstay_core::{BlockingPool, Clock, Result, codes};
use mainstay_events::Outbox;
use mainstay_host::{Engines, Settings};
use mainstay_realtime::InMemory;
use mainstay_resilience::limits::{KEYS_DEFAULT, MemoryLimits};
use mainstay_sql::{Database, Metrics};
use mainstay_telemetry::Registry;

/// A folder of its own for each engine, and the engines to try.
pub struct Place {
    engines: Engines,
    url: String,
    folder: PathBuf,
    databases: AtomicU64,
}

impl Place {
    /// `folder` is empty and goes away afterwards.
    pub fn new(engines: Engines, settings: &Settings, folder: &Path) -> Result<Arc<Self>> {
        let scheme = engines.database_engine(&settings.database.url)?.scheme();
        let url = format!("{scheme}:{}", folder.join("databases").display());
        Ok(Arc::new(Self { engines, url, folder: folder.to_owned(), databases: AtomicU64::new(0) }))
    }

    /// An empty database, with the tables of events when a log is to be in it.
    pub fn open(&self) -> Result<Database> {
        let name = format!("verify-{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.engines.open_database(&self.url, &name, &Clock::system(), &Metrics::unregistered())
    }

    async fn with_log(&self) -> Result<Database> {
        let db = self.open()?;
        db.migrate(&[mainstay_events::MIGRATIONS]).await?;
        Ok(db)
    }

    /// Every case of every suite.
    pub fn cases(self: &Arc<Self>, settings: &Settings) -> Result<Vec<Case>> {
        let mut cases = sql::cases(self.engines.database_engine(&self.url)?, &self.url);
        cases.extend(self.events());
        let place = Arc::clone(self);
        cases.extend(jobs::cases(move || std::future::ready(there(place.open()))));
        let place = Arc::clone(self);
        cases.extend(workflow::cases(move || std::future::ready(there(place.open()))));
        let place = Arc::clone(self);
        // Each kind of database makes an index in words of its own; so far there is one kind.
        let text = self.engines.text_engine(&self.url)?;
        cases.extend(search::cases(text, mainstay_engine_sqlite::Fts5::CONFORMANCE, move || {
            there(place.open())
        }));
        // What the configuration says, but for the bound, which a case chooses.
        cases.extend(cache::cases(Arc::new(|bytes, clock| -> Arc<dyn mainstay_cache::CacheStore> {
            Arc::new(mainstay_engine_local::MemoryCache::with_bytes(bytes, clock))
        })));
        cases.extend(self.blobs(settings)?);
        cases.extend(self.notify(settings)?);
        let fanout: realtime::Make = Arc::new(|| Arc::new(InMemory::new()));
        cases.extend(realtime::cases(&fanout));
        cases.extend(limits::cases(allowances));
        cases.extend(rpc::Transport::ALL.into_iter().flat_map(rpc::cases));
        Ok(cases)
    }

    fn events(self: &Arc<Self>) -> Vec<Case> {
        let place = Arc::clone(self);
        let mut cases = events::log_cases(move || {
            let place = Arc::clone(&place);
            async move { log(&there(place.with_log().await)) }
        });
        let place = Arc::clone(self);
        cases.extend(events::consumer_cases(move || {
            let place = Arc::clone(&place);
            async move { (log(&there(place.with_log().await)), there(place.with_log().await)) }
        }));
        cases
    }

    /// Only what keeps files can be tried beside the installation's own.
    fn blobs(&self, settings: &Settings) -> Result<Vec<Case>> {
        if !settings.blobs.url.starts_with("file:") {
            return Ok(Vec::new());
        }
        let blocking = BlockingPool::new(settings.process.blocking_threads, settings.process.blocking_queue)
            .map_err(|error| codes::INTERNAL.because("no thread can be started", error))?;
        let place = self.folder.join("blobs");
        let (engines, number) = (self.engines.clone(), AtomicU64::new(0));
        Ok(blobs::cases(move || {
            let folder = place.join(number.fetch_add(1, Ordering::Relaxed).to_string());
            there(engines.open_blobs(&format!("file:{}", folder.display()), &Clock::system(), &blocking))
        }))
    }

    /// Only what delivers into a folder can be looked into afterwards.
    fn notify(&self, settings: &Settings) -> Result<Vec<Case>> {
        if !settings.notify.url.starts_with("folder:") {
            return Ok(Vec::new());
        }
        let folder = self.folder.join("mail");
        let from = settings.notify.address()?;
        let blocking = BlockingPool::new(1, 64)
            .map_err(|error| codes::INTERNAL.because("no thread can be started", error))?;
        let url = format!("folder:{}", folder.display());
        let notifier = self.engines.open_notifier(&url, from, &Clock::system(), &blocking)?;
        let delivered = Arc::new(move || std::future::ready(mails(&folder)).boxed());
        Ok(notify::cases(&Delivery { notifier, delivered }))
    }
}

/// What the way in over HTTP limits with. Its time is moved by hand, so that verifying does not wait for it.
fn allowances() -> Allowances {
    let (clock, manual) = Clock::manual(Clock::system().now());
    let limits = Arc::new(MemoryLimits::new(KEYS_DEFAULT, &clock, &Registry::new()));
    let pass = Arc::new(move |time| {
        manual.advance(time);
        std::future::ready(()).boxed()
    });
    Allowances { limits, pass }
}

fn log(db: &Database) -> Log {
    Log::of(db, &Outbox::new(db.clone(), "verify"))
}

/// The suites ask for a database and not for an error: a case that panics is one that failed, with these words.
fn there<T>(opened: Result<T>) -> T {
    match opened {
        Ok(opened) => opened,
        Err(error) => panic!("it could not be opened: {}", error.chain()),
    }
}

fn mails(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let unreadable = |error| mainstay_core::codes::INTERNAL.because("the mail folder cannot be read", error);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).map_err(unreadable)).collect()
}
