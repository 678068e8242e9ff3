//! What callers say about versions, kinds, origins and how often they come.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use mainstay_http::options::VersionOptions;

use crate::site::{Answer, Site};

async fn ask(site: &Site, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_version_is_named_in_the_path_a_header_or_the_media_type() {
    let site = Site::with(|options| {
        options.versions.insert(
            "1".to_owned(),
            VersionOptions {
                deprecated: "2026-01-01T00:00:00Z".to_owned(),
                sunset: "2027-01-01T00:00:00Z".to_owned(),
                link: "https://shop.example/v2".to_owned(),
            },
        );
    });
    let media = "application/vnd.mainstay.v1+json";
    for (path, headers) in [
        ("/v1/hello", &[][..]),
        ("/hello", &[("mainstay-version", "1")][..]),
        ("/hello", &[("accept", media)][..]),
        ("/v1/hello", &[("accept", media), ("mainstay-version", "1")][..]),
    ] {
        let answer = ask(&site, Method::GET, path, headers).await;
        assert_eq!(answer.status.as_u16(), 200, "{path} {headers:?}: {}", answer.body);
        assert_eq!(answer.header("deprecation"), "@1767225600", "{path} {headers:?}");
        assert_eq!(answer.header("sunset"), "Fri, 01 Jan 2027 00:00:00 GMT");
        let by_media = headers.iter().any(|(name, _)| *name == "accept");
        assert_eq!(answer.header("content-type"), if by_media { media } else { "application/json" });
    }
    for (path, headers) in [
        ("/hello", &[("mainstay-version", "9")][..]),
        ("/hello", &[("mainstay-version", "one")][..]),
        ("/hello", &[("accept", "application/vnd.mainstay.v9+json")][..]),
        ("/v1/hello", &[("accept", media), ("mainstay-version", "2")][..]),
        ("/v2/hello", &[("mainstay-version", "1")][..]),
    ] {
        ask(&site, Method::GET, path, headers).await.problem(400, "http.version");
    }
    ask(&site, Method::GET, "/hello", &[]).await.problem(404, "core.not_found");
    assert_eq!(
        Site::new().get("/v1/hello").await.header("deprecation"),
        "",
        "nothing is announced by itself"
    );
}

#[tokio::test]
async fn kinds_that_there_are_not_are_refused_where_nothing_was_changed() {
    let site = Site::new();
    for accept in ["application/json", "*/*", "text/html, */*;q=0.1", "application/*"] {
        assert_eq!(ask(&site, Method::GET, "/v1/hello", &[("accept", accept)]).await.status.as_u16(), 200);
    }
    for accept in ["text/html", "application/json;q=0", "image/*"] {
        let answer = ask(&site, Method::GET, "/v1/hello", &[("accept", accept)]).await;
        let document = answer.problem(406, "http.not_acceptable");
        assert!(document["detail"].as_str().unwrap().contains("application/json"));
    }
    assert_eq!(ask(&site, Method::POST, "/v1/guess", &[("accept", "image/png")]).await.status.as_u16(), 200);
    ask(&site, Method::GET, "/v1/sold-out", &[("accept", "image/png")]).await.problem(409, "test.sold_out");
}

#[tokio::test]
async fn an_answer_with_links_is_hal_for_whoever_asks_for_that() {
    let site = Site::new();
    let asked = async |method, path, accept| ask(&site, method, path, &[("accept", accept)]).await;
    for method in [Method::GET, Method::HEAD] {
        for accept in ["application/hal+json", "Application/HAL+JSON;q=0.5, text/html"] {
            let answer = asked(method.clone(), "/v1/linked", accept).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("content-type")),
                (200, "application/hal+json")
            );
        }
        for accept in ["*/*", "application/json", "application/*", "application/hal+json, application/json"] {
            let answer = asked(method.clone(), "/v1/linked", accept).await;
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        }
    }
    assert_eq!(
        asked(Method::GET, "/v1/linked", "application/hal+json").await.body,
        site.get("/v1/linked").await.body
    );
    for (path, accept) in [
        ("/v1/hello", "application/hal+json"),
        ("/v1/links-within", "application/hal+json"),
        ("/v1/linked", "application/hal+json;q=0"),
        ("/v1/linked", "application/vnd.api+json"),
    ] {
        asked(Method::GET, path, accept).await.problem(406, "http.not_acceptable");
    }
}

#[test]
fn times_of_versions_and_bounds_are_told_how_to_be_written() {
    let error = Site::refused(|options| {
        let version = VersionOptions { sunset: "2027-06-30".into(), ..VersionOptions::default() };
        options.versions.insert("1".into(), version);
    });
    for words in ["http.versions.1.sunset", "2027-06-30\"", "RFC 3339", "2027-06-30T00:00:00Z"] {
        assert!(error.message().contains(words), "{error}");
    }
    let error = Site::refused(|options| options.uri_limit_bytes = 0);
    assert!(error.message().contains("http.uri_limit_bytes is 0"), "{error}");
}

#[tokio::test]
async fn a_packed_body_is_refused_and_not_unpacked() {
    let site = Site::new();
    for coding in ["gzip", "br", "deflate", "identity, gzip", "x"] {
        let headers = [("content-encoding", coding), ("content-type", "application/json")];
        ask(&site, Method::POST, "/v1/orders", &headers).await.problem(415, "http.content_coding");
    }
}

#[tokio::test]
async fn other_origins_read_by_rule() {
    let site = Site::with(|options| {
        options.cors.origins =
            vec!["https://shop.example".to_owned(), "https://*.trusted.example".to_owned()];
        options.cors.credentials = true;
    });
    let preflight = |origin| [("origin", origin), ("access-control-request-method", "PUT")];
    for origin in ["https://shop.example", "https://a.trusted.example"] {
        let answer = ask(&site, Method::OPTIONS, "/v1/orders", &preflight(origin)).await;
        assert_eq!(answer.status.as_u16(), 204);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(answer.header("access-control-allow-methods").contains("PUT"));
        assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
        for path in ["/v1/hello", "/v1/sold-out", "/nowhere"] {
            let answer = ask(&site, Method::GET, path, &[("origin", origin)]).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin, "a refusal is read too");
            assert!(answer.header("access-control-expose-headers").contains("retry-after"));
            assert_eq!(answer.header("vary"), "origin");
        }
    }
    for origin in ["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example"]
    {
        for (method, headers) in
            [(Method::OPTIONS, &preflight(origin)[..]), (Method::GET, &[("origin", origin)][..])]
        {
            let answer = ask(&site, method, "/v1/hello", headers).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
            assert_eq!(answer.header("access-control-allow-credentials"), "");
            assert_eq!(answer.header("vary"), "origin", "a cache must know");
        }
    }
    let silent = ask(&Site::new(), Method::GET, "/v1/hello", &[("origin", "https://shop.example")]).await;
    assert_eq!(silent.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn an_address_an_account_and_a_route_have_their_rates() {
    let (site, manual) = Site::still(|options| {
        options.rates.exempt.clear();
        options.rates.address = "5/s".parse().unwrap();
        options.rates.caller = "2/s".parse().unwrap();
    });
    let first = site.get("/v1/hello").await;
    assert_eq!(first.header("ratelimit-policy"), "\"address\";q=5;w=1");
    assert_eq!(first.header("ratelimit"), "\"address\";r=4;t=1");
    let bearer = ("authorization", "Bearer good:acc_00000000000000000000000001");
    for _ in 0..2 {
        assert_eq!(ask(&site, Method::GET, "/v1/hello", &[bearer]).await.status.as_u16(), 200);
    }
    let refused = ask(&site, Method::GET, "/v1/hello", &[bearer]).await;
    let document = refused.problem(429, "http.rate_limited");
    assert_eq!(refused.header("ratelimit"), "\"caller\";r=0;t=1");
    assert_eq!((document["retry_after_ms"].as_u64(), refused.header("retry-after")), (Some(500), "1"));
    let other = ("authorization", "Bearer good:acc_00000000000000000000000002");
    assert_eq!(ask(&site, Method::GET, "/v1/hello", &[other]).await.status.as_u16(), 200, "another account");
    // The address has now asked five times.
    site.get("/v1/hello").await.problem(429, "http.rate_limited");
    assert_eq!(site.get("/healthz").await.status.as_u16(), 200, "a probe is not counted");
    manual.advance(Duration::from_secs(1));
    assert_eq!(site.get("/v1/hello").await.status.as_u16(), 200);

    let site = Site::still(|_| {}).0;
    for left in ["2", "1", "0"] {
        let answer = site.post("/v1/guess", "").await;
        assert_eq!(answer.header("ratelimit-policy"), "\"POST/v1/guess\";q=3;w=60");
        assert!(
            answer.header("ratelimit").contains(&format!(";r={left};")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let refused = site.post("/v1/guess", "").await;
    refused.problem(429, "http.rate_limited");
    assert_eq!(refused.header("retry-after"), "20");
    assert!(site.registry.encode().contains("mainstay_http_rate_limited_total{} 1"));
    assert_eq!(site.get("/v1/hello").await.header("ratelimit"), "", "this machine is not counted by default");
}

#[tokio::test]
async fn addresses_that_two_readers_could_read_differently_are_refused() {
    let site = Site::new();
    for path in [
        "/v1/../metrics",
        "/v1/%2e%2e/metrics",
        "/v1/orders/..%2f..%2fetc%2fpasswd",
        "/v1/orders/%00",
        "/v1/orders/a%5c..%5cb",
        "/v1/hello%0d%0aset-cookie:%20a=b",
        "/./v1/hello",
        "/v1/orders/..;/x",
    ] {
        let answer = site.get(path).await;
        answer.problem(400, "http.target");
        assert_eq!(answer.header("set-cookie"), "");
    }
    let long = format!("/v1/hello?x={}", "y".repeat(9_000));
    site.get(&long).await.problem(414, "http.uri_too_long");
}
