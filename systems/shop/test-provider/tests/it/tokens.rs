//! What each token does.

use std::time::Duration;

use axum::http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::json;

use crate::provider::Running;

#[tokio::test]
async fn a_decline_is_an_answer() {
    let running = Running::start().await;
    let (status, charge) = running.authorise("pay_1", "tok_decline").await;
    assert_eq!((status, charge["decline_reason"].as_str()), (StatusCode::OK, Some("insufficient_funds")));
    let (_, charge) = running.authorise("pay_2", "tok_stolen").await;
    assert_eq!(
        (charge["status"].as_str(), charge["decline_reason"].as_str()),
        (Some("declined"), Some("unknown_token"))
    );
    assert_eq!(running.capture("pay_1").await.0, StatusCode::CONFLICT);
    running.stop().await;
}

#[tokio::test]
async fn a_challenge_is_passed_or_failed_once() {
    let running = Running::start().await;
    for (reference, verdict, status) in [("pay_1", "pass", "authorised"), ("pay_2", "fail", "declined")] {
        let (_, charge) = running.authorise(reference, "tok_challenge").await;
        assert_eq!(charge["status"], "challenge");
        let url = charge["challenge_url"].as_str().unwrap().to_owned();
        let request = |method, url: String| {
            Request::builder()
                .method(method)
                .uri(url)
                .header("accept", "text/html")
                .body(Full::default())
                .unwrap()
        };
        let (code, page) = running.raw(request(Method::GET, url.clone())).await;
        assert!(code.is_success() && page.as_str().unwrap().contains("12.00 GBP"), "{page}");
        assert_eq!(running.raw(request(Method::POST, format!("{url}/maybe"))).await.0, 422);
        assert!(running.raw(request(Method::POST, format!("{url}/{verdict}"))).await.0.is_success());
        let other = if verdict == "pass" { "fail" } else { "pass" };
        let (code, words) = running.raw(request(Method::POST, format!("{url}/{other}"))).await;
        assert!(
            code.is_success() && words.as_str().unwrap().contains(status),
            "the first verdict stands: {words}"
        );
        let (_, charge) = running.get(&format!("/v1/charges/{reference}")).await;
        assert_eq!(charge["status"], status);
        assert!(charge.get("challenge_url").is_none());
    }
    for wrong in ["", "0", "%00", "%2e%2e"] {
        let url = format!("{}/challenges/{wrong}", running.provider.url());
        let request = Request::builder().uri(url).body(Full::default()).unwrap();
        assert_eq!(running.raw(request).await.0, StatusCode::NOT_FOUND, "{wrong}");
    }
    running.stop().await;
}

#[tokio::test]
async fn late_is_decided_late_whoever_waits() {
    let running = Running::start().await;
    let mut late = Box::pin(running.authorise("pay_1", "tok_late"));
    // The charge is there before anybody is answered.
    loop {
        assert!(futures::poll!(&mut late).is_pending());
        let (status, charge) = running.get("/v1/charges/pay_1").await;
        if status == StatusCode::OK {
            assert_eq!(charge["status"], "processing");
            break;
        }
    }
    assert_eq!(running.capture("pay_1").await.0, StatusCode::CONFLICT);
    // One that nobody waits for.
    let mut dropped = Box::pin(running.authorise("pay_2", "tok_late"));
    while running.get("/v1/charges/pay_2").await.0 != StatusCode::OK {
        assert!(futures::poll!(&mut dropped).is_pending());
    }
    drop(dropped);
    // Both timers run on the provider's clock: moved until both have seen it.
    for reference in ["pay_1", "pay_2"] {
        while running.get(&format!("/v1/charges/{reference}")).await.1["status"] != "authorised" {
            running.database.manual.advance(Duration::from_secs(3));
            tokio::task::yield_now().await;
        }
    }
    assert!(matches!(late.await, (StatusCode::OK, charge) if charge["status"] == "authorised"));
    running.stop().await;
}

#[tokio::test]
async fn never_is_never_but_can_be_voided() {
    let running = Running::start().await;
    let mut never = Box::pin(running.authorise("pay_1", "tok_never"));
    while running.get("/v1/charges/pay_1").await.0 != StatusCode::OK {
        assert!(futures::poll!(&mut never).is_pending());
    }
    running.database.manual.advance(Duration::from_secs(30));
    assert_eq!(running.get("/v1/charges/pay_1").await.1["status"], "processing");
    let void = running.post("/v1/voids", "v", json!({"reference": "pay_1"})).await;
    assert_eq!(void.1["status"], "voided");
    assert_eq!(running.post("/v1/voids", "v2", json!({"reference": "pay_1"})).await.0, StatusCode::OK);
    drop(never);
    running.stop().await;
}

#[tokio::test]
async fn a_void_before_a_late_decision_stands() {
    let running = Running::start().await;
    let mut late = Box::pin(running.authorise("pay_1", "tok_late"));
    while running.get("/v1/charges/pay_1").await.0 != StatusCode::OK {
        assert!(futures::poll!(&mut late).is_pending());
    }
    running.post("/v1/voids", "v", json!({"reference": "pay_1"})).await;
    for _ in 0..5 {
        running.database.manual.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    assert_eq!(running.get("/v1/charges/pay_1").await.1["status"], "voided");
    drop(late);
    running.stop().await;
}
