//! What routes declare, on the answers and on the way in.

use axum::body::Body;
use http::Request;

use crate::site::Site;

#[tokio::test]
async fn an_answer_for_everybody_may_be_kept_and_begins_no_session() {
    let site = Site::new();
    let answer = site.get("/v1/products/7").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=60, stale-while-revalidate=60");
    assert_eq!(answer.header("surrogate-key"), "products shop");
    assert_eq!(answer.header("set-cookie"), "", "who gets it from a cache would get the session too");
    assert_eq!(answer.header("mainstay-session"), "");
    assert_ne!(site.get("/v1/hello").await.header("set-cookie"), "");
    let refused = site.post("/v1/products/7", "{}").await;
    assert_eq!(refused.header("cache-control"), "no-store", "a refusal is not kept");
    assert_eq!(refused.header("surrogate-key"), "");
}

#[tokio::test]
async fn a_page_says_what_it_loads_and_everything_else_loads_nothing() {
    let site = Site::new();
    assert_eq!(
        site.get("/v1/page").await.header("content-security-policy"),
        "default-src 'self'; frame-ancestors 'none'"
    );
    for path in ["/v1/hello", "/nowhere", "/v1/page/", "/problems"] {
        let answer = site.get(path).await;
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(answer.header("x-frame-options"), "DENY", "and nobody frames it");
    }
}

#[tokio::test]
async fn a_route_takes_as_much_as_it_says() {
    let site = Site::with(|options| options.body_limit_bytes = 1_000);
    let send = async |path: &str, size: usize| {
        let request = Request::post(path).header("content-type", "application/json");
        site.send(request.body(Body::from("x".repeat(size))).unwrap()).await
    };
    assert_eq!(send("/v1/upload", 3_900_000).await.body, "3900000");
    send("/v1/upload", 4_000_001).await.problem(413, "http.body_too_large");
    send("/v1/orders", 1_001).await.problem(413, "http.body_too_large");
}

#[tokio::test]
async fn what_is_old_says_so() {
    let answer = Site::new().get("/v1/old").await;
    assert_eq!(answer.header("deprecation"), "@1688169599");
    assert_eq!(answer.header("sunset"), "Sun, 17 Mar 2030 17:46:40 GMT");
    assert_eq!(answer.header("link"), "<https://shop.example/changes>; rel=\"deprecation\"");
    assert_eq!(Site::new().get("/v1/hello").await.header("deprecation"), "");
}
