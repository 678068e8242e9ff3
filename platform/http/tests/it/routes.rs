//! How described routes are found: by method and path, with the open parts of the path as they were meant.

use axum::body::Body;
use http::{Method, Request};
use mainstay_core::codes;
use mainstay_http::{App, Catalogue, Path, Routes};

use crate::site::{Site, any};

fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn parts_of_a_path_come_as_they_were_meant() {
    let site = Site::new();
    let answer = site.get("/v1/named/a%20tea%2Epot%C3%A9").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "a tea.pot\u{e9}"));
    let id = "ord_00000000000000000000000001";
    assert_eq!(site.get(&format!("/v1/orders/{id}/lines/12")).await.body, format!("{id} 12"));
    assert_eq!(site.get("/v1/orders/%6frd_00000000000000000000000001").await.body, id);
    for nothing in [
        "/v1/orders/ord_0".to_owned(),
        format!("/v1/orders/{id}/lines/x"),
        format!("/v1/orders/{id}/lines/4294967296"),
        format!("/v1/orders/{id}/lines"),
        "/v1/orders/".to_owned(),
    ] {
        site.get(&nothing).await.problem(404, "core.not_found");
    }
}

#[tokio::test]
async fn head_is_answered_as_get_is_without_the_body() {
    let site = Site::new();
    let got = site.get("/v1/hello").await;
    let head = site.send(request(Method::HEAD, "/v1/hello")).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), got.body.len().to_string());
    assert_eq!(head.header("content-type"), got.header("content-type"));
    let refused = site.send(request(Method::HEAD, "/v1/orders")).await;
    assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn an_address_says_which_methods_it_takes() {
    let site = Site::new();
    let answer = site.send(request(Method::DELETE, "/v1/versioned")).await;
    answer.problem(405, "http.method_not_allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD,PUT");
    let metrics = site.operator(Request::get("/metrics")).await.body;
    assert!(!metrics.contains("versioned"), "what no route took is counted for none");
}

#[tokio::test]
async fn a_refusal_is_counted_for_the_route_that_was_asked_for() {
    let site = Site::new();
    for _ in 0..4 {
        site.post("/v1/guess", "").await;
    }
    let metrics = site.operator(Request::get("/metrics")).await.body;
    let counted = |status: &str| {
        let series = format!("http_requests_total{{route=\"POST /v1/guess\",status=\"{status}\"}} ");
        metrics
            .lines()
            .find_map(|line| line.strip_prefix("mainstay_")?.strip_prefix(&series))
            .map(str::to_owned)
    };
    assert_eq!(counted("2xx").as_deref(), Some("3"), "{metrics}");
    assert_eq!(counted("4xx").as_deref(), Some("1"), "{metrics}");
}

#[tokio::test]
async fn routes_that_cannot_be_are_refused_at_the_start() {
    let app = |routes: Routes| {
        let site = Site::new();
        let (parts, rules) = site.parts();
        App::with_rules(parts, rules, Catalogue::new(&[]), routes.into_parts().0).map(drop)
    };
    let one = || async { "one" };
    let twice = Routes::new("", "").get("/v1/a/{id}", one, any()).get("/v1/a/{id}", one, any());
    assert!(app(twice).unwrap_err().is(&codes::INTERNAL));
    let alike = Routes::new("", "").get("/v1/a/{id}", one, any()).post("/v1/a/{name}", one, any());
    assert!(app(alike).unwrap_err().is(&codes::INTERNAL));
    let broken = Routes::new("", "").get("/v1/{", one, any());
    assert!(app(broken).unwrap_err().is(&codes::INTERNAL));
    let fine = Routes::new("", "").get("/v1/a/{id}", one, any()).get("/v1/a/special", one, any()).post(
        "/v1/a/{id}",
        |Path(id): Path<String>| async { id },
        any(),
    );
    app(fine).unwrap();
}
