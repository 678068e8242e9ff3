//! Refusals: their shape, their status, and what they must not tell.

use axum::body::Body;
use http::Request;
use mainstay_core::{Code, Kind};
use mainstay_http::{codes, status_of};

use crate::site::Site;

#[tokio::test]
async fn what_a_handler_raises_leaves_with_its_code() {
    let site = Site::new();
    let document = site.get("/v1/sold-out").await.problem(409, "test.sold_out");
    assert_eq!(document["detail"], "the last one was sold");
    assert!(document.get("retry_after_ms").is_none());

    let answer = site.get("/v1/unavailable").await;
    let document = answer.problem(503, "core.unavailable");
    assert_eq!(document["retry_after_ms"], 1_500);
    assert_eq!(answer.header("retry-after"), "2", "whole seconds, never too early");
}

#[test]
fn who_finds_us_busy_is_not_told_that_he_asks_too_often() {
    let error = |code: &Code| code.error("not now");
    for code in [
        &codes::OVERLOADED,
        &mainstay_core::codes::OVERLOADED,
        &mainstay_resilience::codes::BREAKER_OPEN,
        &mainstay_resilience::codes::BULKHEAD_FULL,
    ] {
        assert_eq!(status_of(&error(code)).as_u16(), 503, "{}", code.name);
        assert!(!error(code).outcome_unknown(), "{}: nothing was done", code.name);
    }
    assert_eq!(status_of(&error(&codes::RATE_LIMITED)).as_u16(), 429);
}

#[test]
fn no_page_says_that_nothing_was_done_and_that_it_is_not_known() {
    let all = codes::CODES.iter().chain(mainstay_core::codes::CODES).chain(mainstay_resilience::codes::CODES);
    let promised = all.filter(|code| code.advice.contains("nothing was"));
    let mut count = 0;
    for code in promised {
        count += 1;
        assert!(!code.kind.outcome_unknown(), "{}: {}", code.name, code.advice);
    }
    assert!(count >= 7, "{count} advices were looked at");
}

#[tokio::test]
async fn a_private_cause_and_a_panic_stay_inside() {
    let site = Site::new();
    for path in ["/v1/broken", "/v1/panic"] {
        let answer = site.get(path).await;
        answer.problem(500, "core.internal");
        assert!(!answer.body.contains("hunter2") && !answer.body.contains("ingredient"), "{}", answer.body);
    }
    assert_eq!(site.get("/v1/hello").await.status.as_u16(), 200, "the rest goes on");
}

#[tokio::test]
async fn what_the_router_refuses_is_a_problem_too() {
    let site = Site::new();
    site.get("/nowhere").await.problem(404, "core.not_found");
    let answer = site.post("/v1/hello", "{}").await;
    answer.problem(405, "http.method_not_allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD");
    site.get("/v1/refused/418").await.problem(400, "http.refused");
    let answer = site.get("/v1/refused/502").await;
    answer.problem(500, "core.internal");
    assert!(!answer.body.contains("framework"));
}

#[tokio::test]
async fn an_answer_of_the_handlers_own_making_is_left_alone() {
    let answer = Site::new().get("/v1/conflict").await;
    assert_eq!((answer.status.as_u16(), answer.json()["mine"].as_bool()), (409, Some(true)));
}

#[tokio::test]
async fn a_head_request_has_no_body_but_everything_else() {
    let site = Site::new();
    for (path, status) in [("/v1/hello", 200), ("/healthz", 200)] {
        let answer = site.send(Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn ids_and_queries_that_cannot_be_are_refused() {
    let site = Site::new();
    let id = "ord_00000000000000000000000007";
    assert_eq!(site.get(&format!("/v1/orders/{id}")).await.body, id);
    assert_eq!(site.get(&format!("/v1/orders/{id}/lines/3")).await.body, format!("{id} 3"));
    for path in ["/v1/orders/7", "/v1/orders/acc_00000000000000000000000007", "/v1/orders/%ff"] {
        site.get(path).await.problem(404, "core.not_found");
    }
    site.get(&format!("/v1/orders/{id}/lines/minus")).await.problem(404, "core.not_found");
    assert_eq!(site.get("/v1/list?limit=3").await.body, "3 []");
    for path in ["/v1/list", "/v1/list?limit=", "/v1/list?limit=-1", "/v1/list?limit=1&limit=2"] {
        let document = site.get(path).await.problem(400, "http.query_invalid");
        assert!(document["detail"].as_str().unwrap().contains("limit"), "{document}");
    }
}

#[tokio::test]
async fn a_key_is_required_and_bounded() {
    let site = Site::new();
    let keyed = |key: Option<&str>| {
        let mut request = Request::post("/v1/keyed");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        site.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(keyed(Some("5f2c-1")).await.body, "5f2c-1");
    assert_eq!(
        keyed(Some("\"5f2c-1\"")).await.body,
        "5f2c-1",
        "the quotes of the structured form do not count"
    );
    let long = "k".repeat(201);
    for key in [None, Some(""), Some("\"\""), Some("two words"), Some("ü"), Some(long.as_str())] {
        keyed(key).await.problem(400, "http.idempotency_key");
    }
}

#[test]
fn every_kind_has_a_status() {
    let expected = [
        (Kind::Cancelled, 499),
        (Kind::Unknown, 500),
        (Kind::InvalidArgument, 400),
        (Kind::DeadlineExceeded, 504),
        (Kind::NotFound, 404),
        (Kind::AlreadyExists, 409),
        (Kind::PermissionDenied, 403),
        (Kind::ResourceExhausted, 429),
        (Kind::FailedPrecondition, 409),
        (Kind::Aborted, 409),
        (Kind::OutOfRange, 400),
        (Kind::Unimplemented, 501),
        (Kind::Internal, 500),
        (Kind::Unavailable, 503),
        (Kind::DataLoss, 500),
        (Kind::Unauthenticated, 401),
    ];
    assert_eq!(expected.len(), Kind::ALL.len());
    for (kind, status) in expected {
        assert_eq!(status_of(&Code::new("test.any", kind, "", "").error("")).as_u16(), status, "{kind:?}");
    }
}
