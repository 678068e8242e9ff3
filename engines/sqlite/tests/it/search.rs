//! Every case of the port for full-text search.

use std::sync::Arc;

use mainstay_conformance::{case, search};
use mainstay_core::Clock;
use mainstay_engine_sqlite::{Fts5, Sqlite};
use mainstay_search::TextEngine;
use mainstay_sql::{DatabaseEngine, Metrics, Options};

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_search_holds() {
    let folder = tempfile::tempdir().unwrap();
    let engine: Arc<dyn TextEngine> = Arc::new(Fts5);
    let url = format!("sqlite:{}", folder.path().display());
    let number = std::sync::atomic::AtomicU32::new(0);
    let cases = search::cases(&engine, Fts5::CONFORMANCE, move || {
        let name = format!("search-{}", number.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        Sqlite.open(&url, &name, Options::new(Clock::system(), Metrics::unregistered())).unwrap()
    });
    assert!(cases.len() >= 8, "the suite has lost cases");
    let failures = case::failures(cases).await;
    assert!(failures.is_empty(), "{failures:#?}");
}
