//! Every case of the suite, on SQLite.

use mainstay_conformance::{case, workflow};
use mainstay_testkit::TestDatabase;
use parking_lot::Mutex;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_holds() {
    // The databases live until all cases have run.
    let open = std::sync::Arc::new(Mutex::new(Vec::new()));
    let keeping = open.clone();
    let cases = workflow::cases(move || {
        let keeping = keeping.clone();
        async move {
            let test = TestDatabase::in_real_time(&[]).await;
            let db = test.db.clone();
            keeping.lock().push(test);
            db
        }
    });
    assert!(cases.len() >= 8, "the suite has lost cases");
    let failures = case::failures(cases).await;
    let report: Vec<_> = failures.iter().map(|(name, found)| format!("{name}\n    {found}")).collect();
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}
