//! Headers, traces and metrics that every answer leaves behind.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use mainstay_core::{Clock, Timestamp, TraceContext};
use mainstay_telemetry::capture;

use crate::site::Site;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn traced(path: &str, parent: &str) -> Request<Body> {
    Request::get(path).header("traceparent", parent).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn static_headers_are_on_every_answer() {
    let site = Site::new();
    for path in ["/v1/hello", "/v1/sold-out", "/nowhere", "/v1/panic", "/healthz", "/problems"] {
        let answer = site.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert_eq!(answer.header("mainstay-trace").len(), 32, "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "not without TLS");
    }
    assert_eq!(site.get("/v1/cached").await.header("cache-control"), "public, max-age=60");
}

#[tokio::test]
async fn a_callers_trace_goes_on_and_nonsense_begins_a_new_one() {
    let site = Site::new();
    let answer = site.send(traced("/v1/trace", PARENT)).await;
    let own: TraceContext = answer.body.parse().unwrap();
    assert_eq!(answer.header("mainstay-trace"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(own.trace_id, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    assert_ne!(own.span_id, 0x00f0_67aa_0ba9_02b7, "a span of its own");
    for nonsense in ["", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "drop table", "00-zz-1-1"]
    {
        let answer = site.send(traced("/v1/trace", nonsense)).await;
        let own: TraceContext = answer.body.parse().unwrap();
        assert!(own.trace_id != 0 && !own.sampled, "{nonsense}");
    }
}

#[tokio::test]
async fn sampled_requests_errors_and_slow_ones_are_kept() {
    let (clock, manual) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
    let captured = capture(&clock);
    let trace_of =
        |answer: &crate::site::Answer| u128::from_str_radix(answer.header("mainstay-trace"), 16).unwrap();

    let site = Site::on(clock.clone(), 0.0, |_| {});
    let quiet = site.get("/v1/hello").await;
    assert!(captured.of(trace_of(&quiet)).is_empty());

    let failed = site.get("/v1/broken").await;
    let spans = captured.of(trace_of(&failed));
    assert_eq!(spans.len(), 1);
    assert_eq!((spans[0].name.as_str(), spans[0].parent), ("GET /v1/broken", None));
    assert_eq!(spans[0].attribute("error.code"), Some("core.internal"));
    assert_eq!(spans[0].attribute("http.response.status_code"), Some("500"));

    let answer = site.send(traced("/v1/hello", PARENT)).await;
    let spans = captured.of(trace_of(&answer));
    assert_eq!((spans[0].name.as_str(), spans[0].parent), ("GET /v1/hello", Some(0x00f0_67aa_0ba9_02b7)));

    let everything = Site::on(clock, 1.0, |_| {});
    let answer = everything.get("/v1/trace").await;
    let spans = captured.of(trace_of(&answer));
    assert_eq!(spans.len(), 1);
    assert_eq!(
        answer.body.parse::<TraceContext>().unwrap().span_id,
        spans[0].span_id,
        "handlers work below it"
    );
    manual.advance(Duration::from_secs(1));
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_address() {
    let site = Site::new();
    for number in 0..30 {
        site.get(&format!("/v1/orders/ord_000000000000000000000000{number:02}")).await;
        site.get(&format!("/made/up/{number}")).await;
    }
    site.get("/v1/panic").await;
    let text = site.registry.encode();
    for line in [
        r#"mainstay_http_requests_total{route="GET /v1/orders/{id}",status="2xx"} 30"#,
        r#"mainstay_http_requests_total{route="none",status="4xx"} 30"#,
        r#"mainstay_http_requests_total{route="GET /v1/panic",status="5xx"} 1"#,
        r#"mainstay_http_request_seconds_count{route="GET /v1/orders/{id}"} 30"#,
        "mainstay_http_in_flight{} 0",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(!text.contains("made/up"));
}
