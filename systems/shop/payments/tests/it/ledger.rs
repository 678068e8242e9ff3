//! The books: append-only, balanced, for staff.

use http::{Method, StatusCode};
use mainstay_core::{Context, Id, Principal};
use serde_json::Value;

use crate::app::{TestApp, payment, refund, staff};

#[tokio::test]
async fn the_report_is_for_staff_and_adds_up() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.capture(payment(1)).await.unwrap();
    app.refund(payment(1), refund(1), 250).await.unwrap();
    let report = app.report(&staff()).await;
    assert_eq!(report["balanced"], true);
    let entries = report["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["cause"], format!("refund:{}", refund(1)));
    assert_eq!(entries[0]["amount"]["amount"], "2.50");
    assert_eq!(
        (entries[1]["debit"].as_str(), entries[1]["credit"].as_str()),
        (Some("provider_clearing"), Some("sales"))
    );
    assert_eq!(report["balances"].as_array().unwrap().len(), 3);
    for who in [Principal::Customer(Id::from_bytes([1; 16])), Principal::Anonymous(Id::from_bytes([1; 16]))] {
        let refused = app.doors.call(&who, Method::GET, "/v1/reports/ledger", Value::Null).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn the_report_is_paged() {
    let app = TestApp::start().await;
    for number in 1..=5 {
        app.authorise(payment(number), "tok_ok").await.unwrap();
        app.capture(payment(number)).await.unwrap();
    }
    let mut causes = Vec::new();
    let mut path = "/v1/reports/ledger?limit=2".to_owned();
    loop {
        let page = app.doors.call(&staff(), Method::GET, &path, Value::Null).await.expect(StatusCode::OK);
        causes.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["cause"].clone()));
        let Some(before) = page["before"].as_i64() else { break };
        path = format!("/v1/reports/ledger?limit=2&before={before}");
    }
    assert_eq!(causes.len(), 5);
    let bad = app.doors.call(&staff(), Method::GET, "/v1/reports/ledger?limit=many", Value::Null).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn entries_can_be_neither_changed_nor_deleted() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.capture(payment(1)).await.unwrap();
    for sql in [
        "UPDATE ledger_entries SET minor = 1",
        "DELETE FROM ledger_entries",
        "INSERT INTO ledger_entries SELECT 99, cause, payment_id, debit, credit, minor, currency, posted_at
         FROM ledger_entries",
        "INSERT INTO ledger_entries SELECT 99, 'x', payment_id, debit, debit, minor, currency, posted_at
         FROM ledger_entries",
        "INSERT INTO ledger_entries SELECT 99, 'x', payment_id, debit, credit, -minor, currency, posted_at
         FROM ledger_entries",
    ] {
        let ctx = Context::background("intruder");
        let outcome = app.test.db.write(&ctx, move |tx| tx.execute(sql, &[])).await;
        assert!(outcome.is_err(), "{sql}");
    }
    app.assert_sound().await;
}

#[tokio::test]
async fn a_write_that_would_unbalance_the_books_is_refused_whole() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.capture(payment(1)).await.unwrap();
    app.authorise(payment(2), "tok_ok").await.unwrap();
    let ctx = Context::background("intruder");
    let spoil = "UPDATE ledger_balances SET debits = debits + 1 WHERE account = 'sales'";
    app.test.db.write(&ctx, move |tx| tx.execute(spoil, &[])).await.unwrap();
    let error = app.capture(payment(2)).await.unwrap_err();
    assert_eq!(error.code(), "payments.ledger_unbalanced");
    assert_eq!(crate::app::code(app.get(payment(2)).await), "authorised", "nothing of it was kept");
}
