//! Every case of the port, over the producer's own outbox.

use mainstay_conformance::case::{Case, failures};
use mainstay_conformance::events::{Log, consumer_cases, log_cases};
use mainstay_core::Clock;
use mainstay_engine_sqlite::Sqlite;
use mainstay_events::Outbox;
use mainstay_sql::{Database, DatabaseEngine, Metrics, Options};
use tempfile::TempDir;

async fn database(folder: &TempDir) -> Database {
    let options = Options::new(Clock::system(), Metrics::unregistered());
    let name = format!("log-{}", mainstay_core::Id::<mainstay_events::EventKind>::generate(&Clock::system()));
    let db = Sqlite.open(&format!("sqlite:{}", folder.path().display()), &name, options).unwrap();
    db.migrate(&[mainstay_events::MIGRATIONS]).await.unwrap();
    db
}

async fn check(cases: Vec<Case>, least: usize) {
    assert!(cases.len() >= least, "the suite has lost cases");
    let report: Vec<_> =
        failures(cases).await.iter().map(|(name, found)| format!("{name}\n    {found}")).collect();
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}

fn folder() -> &'static TempDir {
    // The cases' databases outlive the closure that opens them; the test's process ends soon after.
    Box::leak(Box::new(TempDir::new().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_a_source() {
    let folder = folder();
    let fresh = move || async move {
        let db = database(folder).await;
        Log::of(&db, &Outbox::new(db.clone(), "conformance"))
    };
    check(log_cases(fresh), 9).await;
    std::fs::remove_dir_all(folder.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn consumers_work_in_the_producer_s_database_and_in_another() {
    let folder = folder();
    let same = move || async move {
        let db = database(folder).await;
        (Log::of(&db, &Outbox::new(db.clone(), "conformance")), db)
    };
    let another = move || async move {
        let (db, mine) = (database(folder).await, database(folder).await);
        (Log::of(&db, &Outbox::new(db.clone(), "conformance")), mine)
    };
    check(consumer_cases(same), 7).await;
    check(consumer_cases(another), 7).await;
    std::fs::remove_dir_all(folder.path()).unwrap();
}
