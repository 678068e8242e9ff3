//! Which engines a binary has: each is chosen by the scheme of a URL and by nothing else.

use std::fmt;
use std::sync::Arc;

use mainstay_blobs::Blobs;
use mainstay_cache::CacheStore;
use mainstay_core::shown_url::without_passwords;
use mainstay_core::{BlockingPool, Clock, Result};
use mainstay_notify::{Address, Notifier};
use mainstay_search::TextEngine;
use mainstay_sql::{CommitHook, Database, DatabaseEngine, Metrics, Options};
use mainstay_telemetry::Heap;

use crate::codes::NO_ENGINE;

/// Opens a place to send messages to. The binary holds the list of them.
pub trait NotifierEngine: Send + Sync {
    /// What stands before the colon of the URL.
    fn scheme(&self) -> &'static str;

    /// Opens it; what comes after the colon is the engine's own. Messages are from `from`; what blocks runs in
    /// `blocking`.
    fn open(
        &self,
        url: &str,
        from: Address,
        clock: &Clock,
        blocking: &BlockingPool,
    ) -> Result<Arc<dyn Notifier>>;
}

/// Opens a place for cached values. The binary holds the list of them.
pub trait CacheEngine: Send + Sync {
    /// What stands before the colon of the URL.
    fn scheme(&self) -> &'static str;

    /// Opens it; what comes after the colon is the engine's own.
    fn open(&self, url: &str, clock: &Clock) -> Result<Arc<dyn CacheStore>>;
}

/// Opens a place for objects. The binary holds the list of them.
pub trait BlobEngine: Send + Sync {
    /// What stands before the colon of the URL.
    fn scheme(&self) -> &'static str;

    /// Opens it; what comes after the colon is the engine's own. What blocks runs in `blocking`.
    fn open(&self, url: &str, clock: &Clock, blocking: &BlockingPool) -> Result<Arc<dyn Blobs>>;
}

/// The engines of a binary.
#[derive(Clone, Default)]
pub struct Engines {
    databases: Vec<Arc<dyn DatabaseEngine>>,
    notifiers: Vec<Arc<dyn NotifierEngine>>,
    caches: Vec<Arc<dyn CacheEngine>>,
    blobs: Vec<Arc<dyn BlobEngine>>,
    texts: Vec<Arc<dyn TextEngine>>,
    commit_hook: Option<Arc<dyn CommitHook>>,
    heap: Option<Arc<dyn Heap>>,
    watch_repeats: bool,
}

impl Engines {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an engine for services' databases.
    #[must_use]
    pub fn database(mut self, engine: impl DatabaseEngine + 'static) -> Self {
        self.databases.push(Arc::new(engine));
        self
    }

    /// Adds an engine for cached values.
    #[must_use]
    pub fn cache(mut self, engine: impl CacheEngine + 'static) -> Self {
        self.caches.push(Arc::new(engine));
        self
    }

    /// Adds an engine for objects.
    #[must_use]
    pub fn blobs(mut self, engine: impl BlobEngine + 'static) -> Self {
        self.blobs.push(Arc::new(engine));
        self
    }

    /// Adds full-text search for a kind of database.
    #[must_use]
    pub fn text(mut self, engine: impl TextEngine + 'static) -> Self {
        self.texts.push(Arc::new(engine));
        self
    }

    /// Adds an engine for messages to people.
    #[must_use]
    pub fn notifier(mut self, engine: impl NotifierEngine + 'static) -> Self {
        self.notifiers.push(Arc::new(engine));
        self
    }

    /// Tells `hook` of each commit of each database: for crash harnesses and counters.
    #[must_use]
    pub fn commit_hook(mut self, hook: Arc<dyn CommitHook>) -> Self {
        self.commit_hook = Some(hook);
        self
    }

    /// Says which allocator the process has, so that memory can be looked into.
    #[must_use]
    pub fn heap(mut self, heap: impl Heap + 'static) -> Self {
        self.heap = Some(Arc::new(heap));
        self
    }

    /// The allocator, when it is known.
    pub fn known_heap(&self) -> Option<&Arc<dyn Heap>> {
        self.heap.as_ref()
    }

    /// Looks for queries that one piece of work repeats, in each database: see `Database::insight`. For tests.
    #[must_use]
    pub fn watch_repeats(mut self) -> Self {
        self.watch_repeats = true;
        self
    }

    /// Opens the database of `service` at `url`; `host.no_engine` names the schemes that would do.
    pub fn open_database(
        &self,
        url: &str,
        service: &str,
        clock: &Clock,
        metrics: &Metrics,
    ) -> Result<Database> {
        let engine = self.database_engine(url)?;
        let mut options = Options::new(clock.clone(), metrics.clone());
        options.commit_hook.clone_from(&self.commit_hook);
        options.watch_repeats = self.watch_repeats;
        engine.open(url, service, options)
    }

    /// Whether `service` has a database at `url` already.
    pub(crate) fn has_database(&self, url: &str, service: &str) -> Result<bool> {
        self.database_engine(url)?.exists(url, service)
    }

    /// The engine that opens `url`; `host.no_engine` names the schemes that would do.
    pub fn database_engine(&self, url: &str) -> Result<&Arc<dyn DatabaseEngine>> {
        by_scheme(&self.databases, url, "database.url", |engine| engine.scheme())
    }

    /// Full-text search in the databases at `url`; `host.no_engine` when their kind has none.
    pub fn text_engine(&self, url: &str) -> Result<&Arc<dyn TextEngine>> {
        by_scheme(&self.texts, url, "database.url", |engine| engine.scheme())
    }

    /// Opens the place for cached values; `host.no_engine` names the schemes that would do.
    pub fn open_cache(&self, url: &str, clock: &Clock) -> Result<Arc<dyn CacheStore>> {
        by_scheme(&self.caches, url, "cache.url", |engine| engine.scheme())?.open(url, clock)
    }

    /// Opens the place for objects; `host.no_engine` names the schemes that would do.
    pub fn open_blobs(&self, url: &str, clock: &Clock, blocking: &BlockingPool) -> Result<Arc<dyn Blobs>> {
        by_scheme(&self.blobs, url, "blobs.url", |engine| engine.scheme())?.open(url, clock, blocking)
    }

    /// Opens the place where messages go; `host.no_engine` names the schemes that would do.
    pub fn open_notifier(
        &self,
        url: &str,
        from: Address,
        clock: &Clock,
        blocking: &BlockingPool,
    ) -> Result<Arc<dyn Notifier>> {
        let engine = by_scheme(&self.notifiers, url, "notify.url", |engine| engine.scheme())?;
        engine.open(url, from, clock, blocking)
    }
}

fn by_scheme<'a, E: ?Sized>(
    engines: &'a [Arc<E>],
    url: &str,
    key: &str,
    scheme: impl Fn(&E) -> &'static str,
) -> Result<&'a Arc<E>> {
    let wanted = url.split(':').next().unwrap_or_default();
    engines.iter().find(|engine| scheme(engine) == wanted && url.contains(':')).ok_or_else(|| {
        let known: Vec<String> = engines.iter().map(|engine| format!("{}:…", scheme(engine))).collect();
        let shown = without_passwords(url);
        NO_ENGINE.error(format!("{key} is {shown:?}, which no engine opens; write {}", known.join(" or ")))
    })
}

impl fmt::Debug for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engines")
            .field("databases", &self.databases.iter().map(|engine| engine.scheme()).collect::<Vec<_>>())
            .field("notifiers", &self.notifiers.iter().map(|engine| engine.scheme()).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
