//! What other sites make browsers send.

use axum::body::Body;
use http::Request;

use crate::site::{Answer, Site};

const COOKIE: (&str, &str) = ("cookie", "session=good:acc_00000000000000000000000001");
const JSON: (&str, &str) = ("content-type", "application/json");

async fn post(site: &Site, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post("/v1/logout").header("host", "shop.example:8080");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::from("{}")).unwrap()).await
}

#[tokio::test]
async fn a_change_that_another_site_made_a_browser_send_is_refused() {
    let site = Site::new();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        // A sibling domain is another owner's as likely as not.
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", ""),
        ("sec-fetch-site", "Same-Origin"),
        ("origin", "https://evil.example"),
        ("origin", "https://shop.example:8080.evil.example"),
        ("origin", "https://evil.example/shop.example:8080"),
        ("origin", "shop.example:8080"),
        ("origin", "ftp://shop.example:8080"),
        ("origin", "http://shop.example"),
        ("origin", "null"),
        ("origin", ""),
    ] {
        for cookie in [Some(COOKIE), None] {
            let headers: Vec<_> = [(name, value), JSON].into_iter().chain(cookie).collect();
            post(&site, &headers).await.problem(403, "http.cross_site");
        }
    }
}

#[tokio::test]
async fn a_form_with_a_cookie_and_without_a_word_of_its_origin_is_refused() {
    let site = Site::new();
    for form in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "TEXT/Plain;charset=utf-8",
        " text/plain",
        "multipart/form-data",
        // What a browser sends by itself: for a link with `ping`, and reports.
        "text/ping",
        "application/csp-report",
        "application/reports+json",
        // No type at all, whatever somebody may see in it.
        "",
        "json",
        "application/",
        "/json",
        "image /png",
        "text/plain, application/json",
        "application/json, text/plain",
        "application/json/x",
        "\"application/json\"",
        ";application/json",
    ] {
        let document = post(&site, &[COOKIE, ("content-type", form)]).await.problem(403, "http.cross_site");
        let detail = document["detail"].as_str().unwrap();
        for help in ["Origin", "application/json", "Authorization: Bearer"] {
            assert!(detail.contains(help), "{form}: {detail}");
        }
    }
    for types in [["application/json", "text/plain"], ["application/json", "application/json"]] {
        let headers: Vec<_> = types.map(|kind| ("content-type", kind)).into_iter().chain([COOKIE]).collect();
        post(&site, &headers).await.problem(403, "http.cross_site");
    }
    post(&site, &[COOKIE]).await.problem(403, "http.cross_site");
}

#[tokio::test]
async fn our_own_pages_and_programs_are_let_through() {
    let site = Site::with(|options| options.trusted_origins = vec!["https://other.example".into()]);
    for headers in [
        vec![COOKIE, JSON, ("sec-fetch-site", "same-origin"), ("origin", "http://shop.example:8080")],
        vec![COOKIE, JSON, ("sec-fetch-site", "none")],
        vec![COOKIE, JSON, ("origin", "https://shop.example:8080")],
        vec![COOKIE, JSON, ("sec-fetch-site", "cross-site"), ("origin", "https://other.example")],
        // A program with a jar of cookies.
        vec![COOKIE, JSON],
        vec![COOKIE, ("content-type", "application/json; charset=utf-8")],
        vec![COOKIE, ("content-type", "image/png")],
        vec![COOKIE, ("content-type", "application/merge-patch+json")],
        vec![COOKIE, ("content-type", "application/octet-stream")],
        vec![JSON],
        // What a browser never adds by itself.
        vec![
            ("authorization", "Bearer good:acc_00000000000000000000000001"),
            ("origin", "https://evil.example"),
        ],
    ] {
        let answer = post(&site, &headers).await;
        assert_eq!(answer.status, 204, "{headers:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn reading_is_never_asked_where_it_comes_from() {
    let request =
        Request::get("/v1/whoami").header(COOKIE.0, COOKIE.1).header("sec-fetch-site", "cross-site");
    assert_eq!(Site::new().send(request.body(Body::empty()).unwrap()).await.status, 200);
}
