//! Every case of the suite.

use std::sync::atomic::{AtomicU64, Ordering};

use mainstay_conformance::case::failures;
use mainstay_conformance::jobs::cases;
use mainstay_core::Clock;
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{DatabaseEngine, Metrics, Options};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds() {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite:{}", folder.path().display());
    let next = AtomicU64::new(0);
    let fresh = move || {
        let options = Options::new(Clock::system(), Metrics::unregistered());
        let name = format!("jobs-{}", next.fetch_add(1, Ordering::Relaxed));
        let db = Sqlite.open(&url, &name, options).unwrap();
        async move { db }
    };
    let cases = cases(fresh);
    assert!(cases.len() >= 6, "the suite has lost cases");
    let report: Vec<_> =
        failures(cases).await.iter().map(|(name, found)| format!("{name}\n    {found}")).collect();
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}
