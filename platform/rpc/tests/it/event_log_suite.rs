//! The suite of event sources and of consumers, over a producer's outbox that is read from another process and, through
//! the same code, from the same one.

use std::sync::Arc;

use mainstay_conformance::case::{Case, failures};
use mainstay_conformance::events::{Log, consumer_cases, log_cases};
use mainstay_core::{Clock, Id, Shutdown};
use mainstay_engine_sqlite::Sqlite;
use mainstay_events::{EventKind, Outbox};
use mainstay_rpc::{Listening, Network, RemoteLog, event_log};
use mainstay_sql::{Database, DatabaseEngine, Metrics, Options};
use tempfile::TempDir;

use crate::world::process;

const PRODUCER: &str = "shop.orders";
const CONSUMER: &str = "shop.notifications";

/// A producer that goes on as long as the log is used.
struct Producer {
    db: Database,
    outbox: Outbox,
    network: Network,
    listening: Listening,
    _shutdown: Shutdown,
}

async fn database(folder: &TempDir) -> Database {
    let options = Options::new(Clock::system(), Metrics::unregistered());
    let name = format!("log-{}", Id::<EventKind>::generate(&Clock::system()));
    let db = Sqlite.open(&format!("sqlite:{}", folder.path().display()), &name, options).unwrap();
    db.migrate(&[mainstay_events::MIGRATIONS]).await.unwrap();
    db
}

impl Producer {
    async fn start(folder: &TempDir) -> Self {
        let db = database(folder).await;
        let outbox = Outbox::new(db.clone(), PRODUCER);
        let (network, shutdown) = (process(), Shutdown::new());
        let service = event_log(Arc::new(outbox.clone()), shutdown.child());
        network.mount(PRODUCER, vec![service]).await.unwrap();
        let listening = network.listen("127.0.0.1:0", &shutdown).await.unwrap();
        Self { db, outbox, network, listening, _shutdown: shutdown }
    }

    /// Its log, read from another process or through its own network.
    fn log(self, from_afar: bool) -> Log {
        let reader = if from_afar { process() } else { self.network.clone() };
        if from_afar {
            reader.locate(PRODUCER, &format!("http://{}", self.listening.address())).unwrap();
        }
        let channel = reader.channel(CONSUMER, PRODUCER).unwrap();
        let mut log = Log::of(&self.db, &self.outbox);
        log.source = Arc::new(RemoteLog::new(CONSUMER, channel, Clock::system()));
        let (tell, producer) = (log.tell, Arc::new(self));
        log.tell = Arc::new(move |events| {
            // Whoever can tell events keeps the producer alive.
            let _alive = Arc::clone(&producer);
            tell(events)
        });
        log
    }
}

async fn check(cases: Vec<Case>) {
    let report: Vec<_> =
        failures(cases).await.iter().map(|(name, found)| format!("{name}\n    {found}")).collect();
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}

// The cases' databases outlive the closure that opens them; the caller removes the folder.
fn folder() -> &'static TempDir {
    Box::leak(Box::new(TempDir::new().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_a_source_over_both_transports() {
    let folder = folder();
    for from_afar in [false, true] {
        check(log_cases(move || async move { Producer::start(folder).await.log(from_afar) })).await;
    }
    std::fs::remove_dir_all(folder.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consumers_work_over_a_log_from_another_process() {
    let folder = folder();
    let fresh = move || async move { (Producer::start(folder).await.log(true), database(folder).await) };
    check(consumer_cases(fresh)).await;
    std::fs::remove_dir_all(folder.path()).unwrap();
}
