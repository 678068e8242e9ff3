//! Old carts are deleted by the daily job, and nothing else is.

use std::time::Duration;

use http::StatusCode;

use crate::app::{TestApp, checkout, visitor};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn carts_that_nobody_touched_for_long_are_deleted() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let old = app.complete_cart(&who).await;
    let touched = app.complete_cart(&who).await;
    let bought = app.complete_cart(&who).await;
    app.lock(bought, checkout(1)).await.unwrap();
    app.unlock(old, checkout(2)).await.unwrap();
    app.begin_background();
    let scheduled =
        async || !app.test.db.read(&app.ctx, mainstay_jobs::inspect::schedules).await.unwrap().is_empty();
    app.until(scheduled).await;
    app.test.manual.advance(DAY * 80);
    app.add(&who, touched, 2, 1).await.expect(StatusCode::OK);
    app.test.manual.advance(DAY * 11);
    app.until(async || app.get(&who, old).await.status == StatusCode::NOT_FOUND).await;
    assert_eq!(app.lines(&who, touched).await, [(1, 2), (2, 1)]);
    app.lock(bought, checkout(1)).await.unwrap();
    let rows = |table: &'static str| {
        let sql = format!("SELECT count(*) FROM {table}");
        move |view: &mainstay_sql::View<'_>| view.query_one(&sql, &[], |row| row.get::<i64>(0))
    };
    app.until(async || app.test.db.read(&app.ctx, rows("called_off")).await.unwrap() == Some(0)).await;
    assert_eq!(app.test.db.read(&app.ctx, rows("cart_lines")).await.unwrap(), Some(3));
}
