//! More at once than can be worked on.

use std::sync::atomic::Ordering;

use axum::body::Body;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http::Request;

use crate::site::Site;

#[tokio::test]
async fn ten_thousand_at_once_are_shed_and_the_first_are_served() {
    let site = Site::with(|options| options.in_flight_max = 100);
    let mut calls: FuturesUnordered<_> = (0..10_000).map(|_| site.get("/v1/wait")).collect();
    for _ in 0..9_900 {
        let shed = calls.next().await.unwrap();
        let document = shed.problem(503, "http.overloaded");
        assert!(document["detail"].as_str().unwrap().contains("too many"));
        assert_eq!(shed.header("retry-after"), "1");
    }
    assert_eq!(site.gate.entered.load(Ordering::SeqCst), 100);
    assert_eq!(site.get("/healthz").await.status.as_u16(), 200, "probes are not shed");

    site.gate.open();
    assert_eq!(calls.by_ref().filter(|answer| std::future::ready(answer.status == 200)).count().await, 100);
    assert_eq!(site.get("/v1/hello").await.status.as_u16(), 200, "every place is free again");
    assert!(site.registry.encode().contains("mainstay_http_shed_total{} 9900"));
}

#[tokio::test]
async fn a_caller_who_goes_away_frees_the_place_and_is_counted() {
    let site = Site::with(|options| options.in_flight_max = 1);
    let mut gone = Box::pin(site.get("/v1/wait"));
    assert!(futures::poll!(&mut gone).is_pending());
    site.get("/v1/hello").await.problem(503, "http.overloaded");
    drop(gone);
    assert_eq!(site.get("/v1/hello").await.status.as_u16(), 200);
    let text = site.registry.encode();
    assert!(
        text.contains(r#"mainstay_http_requests_total{route="GET /v1/wait",status="cancelled"} 1"#),
        "{text}"
    );
    assert!(text.contains("mainstay_http_in_flight{} 0"));
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_ended() {
    let (site, manual) = Site::still(|options| options.request_timeout_ms = 2_000);
    let request = Request::post("/v1/wait").body(Body::empty()).unwrap();
    let mut call = Box::pin(site.send(request));
    assert!(futures::poll!(&mut call).is_pending());
    manual.advance(std::time::Duration::from_secs(2));
    call.await.problem(504, "core.deadline");
    assert_eq!(site.gate.left_unanswered.load(Ordering::SeqCst), 1, "the handler is dropped");
}
