//! Every case of the port.

use std::sync::Arc;

use mainstay_conformance::{case, sql};
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::DatabaseEngine;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds() {
    let folder = tempfile::tempdir().unwrap();
    let engine: Arc<dyn DatabaseEngine> = Arc::new(Sqlite);
    let cases = sql::cases(&engine, &format!("sqlite:{}", folder.path().display()));
    assert!(cases.len() > 40, "the suite has lost cases");
    let failures = case::failures(cases).await;
    let report: Vec<_> = failures.iter().map(|(name, found)| format!("{name}\n    {found}")).collect();
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}
