//! Webhooks: proven, once each, in any order, early and late.

use axum::body::Body;
use http::{Request, StatusCode};
use mainstay_core::Timestamp;
use serde_json::{Value, json};
use shop_payments::model::PaymentId;
use shop_payments_contracts::PaymentState;
use std::time::Duration;

use crate::app::{AMOUNT, SECRET, TestApp, code, nap, payment};

fn event(id: &str, payment: PaymentId, status: &str, minor: i64) -> String {
    let charge = json!({
        "number": 1, "reference": payment.to_string(), "status": status, "amount_minor": minor, "currency": "GBP",
    });
    json!({"id": id, "type": format!("charge.{status}"), "charge": charge}).to_string()
}

fn refunded(id: &str, payment: PaymentId, refunds: &[(&str, i64)]) -> String {
    let mut event: Value = serde_json::from_str(&event(id, payment, "captured", AMOUNT)).unwrap();
    let refund = |(key, minor): &(&str, i64)| json!({"key": key, "amount_minor": minor});
    event["charge"]["refunds"] = refunds.iter().map(refund).collect();
    event.to_string()
}

impl TestApp {
    async fn hook(&self, body: &str) -> StatusCode {
        self.hook_at(body, self.test.clock.now()).await
    }

    async fn hook_at(&self, body: &str, at: Timestamp) -> StatusCode {
        let signature = shop_test_provider::sign(SECRET.as_bytes(), at, body.as_bytes()).unwrap();
        self.hook_signed(body, &signature).await.0
    }

    async fn hook_signed(&self, body: &str, signature: &str) -> (StatusCode, String) {
        let request = Request::post("/v1/payments/webhooks/test")
            .header("content-type", "application/json")
            .header("provider-signature", signature)
            .body(Body::from(body.to_owned()))
            .unwrap();
        let answer = self.doors.send(request).await;
        (answer.status, answer.code().to_owned())
    }
}

#[tokio::test]
async fn a_late_word_finishes_a_pending_payment() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_slow").await.unwrap();
    assert_eq!(app.hook(&event("evt_1", payment(1), "authorised", AMOUNT)).await, StatusCode::NO_CONTENT);
    assert_eq!(code(app.get(payment(1)).await), "authorised");
    assert_eq!(app.told(payment(1)).await, [(PaymentState::Authorised, 0)]);
}

#[tokio::test]
async fn a_repeat_changes_nothing_and_an_old_word_is_no_news() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    for status in ["captured", "authorised", "challenge", "declined", "captured"] {
        for _ in 0..2 {
            let word = event(&format!("evt_{status}"), payment(1), status, AMOUNT);
            assert_eq!(app.hook(&word).await, StatusCode::NO_CONTENT);
        }
    }
    assert_eq!(code(app.get(payment(1)).await), "captured");
    assert_eq!(app.booked().await, (AMOUNT, 0));
    assert_eq!(app.told(payment(1)).await, [(PaymentState::Authorised, 0), (PaymentState::Captured, 0)]);
}

#[tokio::test]
async fn a_refund_that_is_told_before_its_capture_books_both() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    app.hook(&refunded("evt_2", payment(1), &[("desk-1", 400)])).await;
    app.hook(&event("evt_1", payment(1), "captured", AMOUNT)).await;
    app.hook(&refunded("evt_3", payment(1), &[("desk-1", 400), ("desk-2", 100)])).await;
    app.hook(&refunded("evt_2b", payment(1), &[("desk-1", 400)])).await;
    assert_eq!(app.booked().await, (AMOUNT, 500));
}

#[tokio::test]
async fn a_payment_that_lands_after_its_void_goes_back_in_full() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_slow").await.unwrap();
    // The void finds the provider still thinking, and the thought is a capture.
    let gate = app.provider.gate(crate::provider::Call::Find);
    app.void(payment(1)).await.unwrap();
    app.provider.change(payment(1), |account| account.charge = shop_payments::model::Charge::Captured);
    assert_eq!(app.hook(&event("evt_1", payment(1), "captured", AMOUNT)).await, StatusCode::NO_CONTENT);
    gate.add_permits(1_000);
    app.pass_until(async || app.provider.sums().2 == AMOUNT).await;
    app.until(payment(1), |payment| payment.refunded.as_ref().unwrap().minor == AMOUNT).await;
    assert_eq!(code(app.get(payment(1)).await), "voided");
    app.assert_sound().await;
}

#[tokio::test]
async fn a_word_about_a_payment_that_nobody_knows_yet_is_kept() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        let word = event("evt_1", payment(1), "captured", AMOUNT);
        assert_eq!(app.hook(&word).await, StatusCode::NO_CONTENT);
    }
    assert_eq!(code(app.get(payment(1)).await), "payments.unknown_payment");
    assert_eq!(code(app.authorise(payment(1), "tok_ok").await), "captured");
    assert_eq!(app.provider.calls(crate::provider::Call::Authorise), 0);
    assert_eq!(app.booked().await, (AMOUNT, 0));
}

#[tokio::test]
async fn another_systems_charge_is_no_business_of_ours() {
    let app = TestApp::start().await;
    let word = event("evt_1", payment(1), "captured", AMOUNT).replace(&payment(1).to_string(), "invoice-77");
    assert_eq!(app.hook(&word).await, StatusCode::NO_CONTENT);
    assert_eq!(app.booked().await, (0, 0));
}

#[tokio::test]
async fn what_is_forged_replayed_or_from_another_time_is_refused() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_slow").await.unwrap();
    let word = event("evt_1", payment(1), "authorised", AMOUNT);
    let now = app.test.clock.now();
    let forged = shop_test_provider::sign(b"whsec_guess", now, word.as_bytes()).unwrap();
    let good = shop_test_provider::sign(SECRET.as_bytes(), now, word.as_bytes()).unwrap();
    let other = event("evt_1", payment(1), "captured", AMOUNT);
    let old =
        shop_test_provider::sign(SECRET.as_bytes(), now - Duration::from_secs(301), word.as_bytes()).unwrap();
    let future =
        shop_test_provider::sign(SECRET.as_bytes(), now + Duration::from_secs(301), word.as_bytes()).unwrap();
    for (body, signature) in
        [(&word, &forged), (&other, &good), (&word, &old), (&word, &future), (&word, &String::new())]
    {
        let (status, why) = app.hook_signed(body, signature).await;
        assert_eq!(
            (status, why.as_str()),
            (StatusCode::UNAUTHORIZED, "payments.webhook_signature"),
            "{signature}"
        );
    }
    assert_eq!(code(app.get(payment(1)).await), "pending");
    // Recorded and sent again: within the tolerance the event's id is known, after it the signature is stale.
    assert_eq!(app.hook_signed(&word, &good).await.0, StatusCode::NO_CONTENT);
    app.test.manual.advance(Duration::from_secs(299));
    assert_eq!(app.hook_signed(&word, &good).await.0, StatusCode::NO_CONTENT);
    app.test.manual.advance(Duration::from_secs(2));
    assert_eq!(app.hook_signed(&word, &good).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(app.told(payment(1)).await.len(), 1);
}

#[tokio::test]
async fn signed_nonsense_changes_nothing() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    let word = event("evt_1", payment(1), "captured", AMOUNT);
    let cases = [
        ("", StatusCode::BAD_REQUEST),
        ("[]", StatusCode::BAD_REQUEST),
        ("{\"id\":\"evt_1\"}", StatusCode::BAD_REQUEST),
        (&word.replace("captured", "exploded"), StatusCode::BAD_REQUEST),
        (&word.replace("1000", "1001"), StatusCode::INTERNAL_SERVER_ERROR),
        (&word.replace("GBP", "USD"), StatusCode::INTERNAL_SERVER_ERROR),
        (&word.replace("GBP", "pounds"), StatusCode::BAD_REQUEST),
        (&word.replace("1000", "1e99"), StatusCode::BAD_REQUEST),
    ];
    for (body, status) in cases {
        assert_eq!(app.hook(body).await, status, "{body}");
    }
    assert_eq!(code(app.get(payment(1)).await), "authorised");
    // What was refused was not taken: the right word under the same id still counts.
    assert_eq!(app.hook(&word).await, StatusCode::NO_CONTENT);
    assert_eq!(code(app.get(payment(1)).await), "captured");
}

#[tokio::test]
async fn one_webhook_many_times_at_once_is_one_webhook() {
    let app = TestApp::start().await;
    app.authorise(payment(1), "tok_ok").await.unwrap();
    let word = event("evt_1", payment(1), "captured", AMOUNT);
    let sent = futures::future::join_all((0..16).map(|_| app.hook(&word))).await;
    assert!(sent.iter().all(|status| *status == StatusCode::NO_CONTENT), "{sent:?}");
    assert_eq!(app.booked().await, (AMOUNT, 0));
    nap().await;
    assert_eq!(app.told(payment(1)).await.len(), 2);
}
