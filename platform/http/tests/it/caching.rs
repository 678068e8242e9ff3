//! Tags, conditions and compression.

use std::io::Read;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use mainstay_http::{App, Catalogue};

use crate::shelf::SCRIPT;
use crate::site::{Answer, Site};

async fn asked(site: &Site, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::empty()).unwrap()).await
}

/// Status, headers and bytes.
async fn bytes(site: &Site, path: &str, coding: &str) -> (http::HeaderMap, Vec<u8>) {
    let request = Request::get(path).header("accept-encoding", coding).body(Body::empty()).unwrap();
    let (parts, body) = site.app.call(request).await.into_parts();
    assert_eq!(parts.status.as_u16(), 200);
    (parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

fn unpacked(coding: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    match coding {
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).unwrap(),
        "br" => brotli::Decompressor::new(bytes, 4_096).read_to_string(&mut text).unwrap(),
        _ => panic!("{coding}"),
    };
    text
}

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again() {
    let site = Site::new();
    for path in ["/v1/products/7", "/v1/mine", "/assets/app.0123abcd.js"] {
        let first = asked(&site, path, &[]).await;
        let tag = first.header("etag").to_owned();
        assert!(!tag.is_empty() && !first.body.is_empty(), "{path}");
        for sent in [tag.clone(), format!("\"x\", {tag}"), "*".to_owned(), tag.replace("W/", "")] {
            let again = asked(&site, path, &[("if-none-match", &sent)]).await;
            assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""), "{path} {sent}");
            assert_eq!(again.header("etag"), tag);
            assert_eq!(again.header("cache-control"), first.header("cache-control"));
            assert_eq!(again.header("content-type"), "");
        }
        assert_eq!(asked(&site, path, &[("if-none-match", "\"other\"")]).await.status.as_u16(), 200);
    }
    assert_eq!(asked(&site, "/v1/hello", &[]).await.header("etag"), "", "what may not be kept needs no tag");
    let refused = asked(&site, "/v1/sold-out", &[("if-none-match", "*")]).await;
    assert_eq!(refused.status.as_u16(), 409);
}

#[tokio::test]
async fn head_says_what_get_would() {
    let site = Site::new();
    let compared = ["etag", "content-type", "content-length", "content-encoding", "cache-control", "vary"];
    for (path, coding) in [
        ("/v1/products/7", "identity"),
        ("/v1/mine", "identity"),
        ("/v1/versioned", "br"),
        ("/v1/versioned", "identity"),
        ("/v1/page", "gzip"),
        ("/reference/reference.js", "br"),
    ] {
        let head = async |sent: &[(&str, &str)]| {
            let mut request = Request::head(path).header("accept-encoding", coding);
            for (name, value) in sent {
                request = request.header(*name, *value);
            }
            site.send(request.body(Body::empty()).unwrap()).await
        };
        let (got, _) = bytes(&site, path, coding).await;
        let told = head(&[]).await;
        assert_eq!((told.status.as_u16(), told.body.as_str()), (200, ""), "{path}");
        for name in compared.iter().filter(|name| got.contains_key(**name)) {
            assert_eq!(told.headers.get(*name), got.get(*name), "{path} {coding} {name}");
        }
        assert_ne!(told.header("content-length"), "", "{path}");
        if let Some(tag) = got.get("etag") {
            let again = head(&[("if-none-match", tag.to_str().unwrap())]).await;
            assert_eq!((again.status.as_u16(), again.header("content-length")), (304, ""), "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_not_the_version_that_is_wanted_is_not_read() {
    let site = Site::new();
    for (path, sent, status) in [
        ("/v1/versioned", "\"3\"", 200),
        ("/v1/versioned", "\"3-br\"", 200),
        ("/v1/versioned", "\"2\", \"3\"", 200),
        ("/v1/versioned", "*", 200),
        ("/v1/hello", "*", 200),
        ("/v1/versioned", "\"2\"", 412),
        ("/v1/versioned", "W/\"3\"", 412),
        ("/v1/products/7", "\"x\"", 412),
        ("/v1/hello", "\"x\"", 412),
        ("/v1/sold-out", "\"x\"", 409),
    ] {
        let answer = asked(&site, path, &[("if-match", sent)]).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {sent}");
        if status == 412 {
            answer.problem(412, "http.condition_failed");
            assert_eq!((answer.header("etag"), answer.header("cache-control")), ("", "no-store"), "{path}");
        }
    }
}

#[tokio::test]
async fn what_a_process_says_of_itself_is_packed_once_and_has_a_tag() {
    let site = Site::new();
    let (parts, rules) = site.parts();
    let paths: serde_json::Map<_, _> =
        (0..2_000).map(|number| (format!("/v1/things/{number}"), serde_json::json!({}))).collect();
    let document = serde_json::json!({
        "openapi": "3.1.0", "info": { "title": "Things", "version": "1" }, "paths": paths, "tags": [],
        "components": { "schemas": {} },
    });
    let catalogue = Catalogue::new(&[]).with_openapi(document.clone());
    let app = App::with_rules(parts, rules, catalogue, axum::Router::new()).unwrap();
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, body) = app.call(request.body(Body::empty()).unwrap()).await.into_parts();
        (parts.status.as_u16(), parts.headers, body.collect().await.unwrap().to_bytes())
    };
    for path in ["/openapi.json", "/reference", "/reference/page.css", "/reference/reference.js"] {
        let (_, plain_headers, plain) = ask(path, &[]).await;
        assert_eq!(plain_headers.get_all("vary").iter().collect::<Vec<_>>(), ["accept-encoding"], "{path}");
        for coding in ["br", "gzip"] {
            let (status, headers, packed) = ask(path, &[("accept-encoding", coding)]).await;
            assert_eq!((status, &headers["content-encoding"]), (200, &coding.parse().unwrap()), "{path}");
            assert_eq!(unpacked(coding, &packed).as_bytes(), plain, "{path}");
            assert_eq!(headers["cache-control"], "public, max-age=300", "{path}");
            assert_ne!(headers["etag"], plain_headers["etag"], "{path}");
            let again = ask(path, &[("accept-encoding", coding)]).await.2;
            assert_eq!(packed.as_ptr(), again.as_ptr(), "{path}: not packed again");
            for tag in [&headers["etag"], &plain_headers["etag"]] {
                let sent = [("accept-encoding", coding), ("if-none-match", tag.to_str().unwrap())];
                let (status, _, body) = ask(path, &sent).await;
                assert_eq!((status, body.len()), (304, 0), "{path} {tag:?}");
            }
        }
    }
    let (_, headers, body) = ask("/openapi.json", &[]).await;
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&body).unwrap(), document);
    assert!(
        ask("/reference", &[]).await.1["content-security-policy"].to_str().unwrap().contains("script-src")
    );
}

#[tokio::test]
async fn what_may_be_kept_says_what_it_depends_on() {
    let site = Site::with(|options| options.cors.origins = vec!["https://shop.example".to_owned()]);
    let vary = |answer: &Answer| {
        let lines = answer.headers.get_all("vary").iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>().join(", ")
    };
    for path in ["/v1/products/7", "/v1/mine"] {
        let answer = asked(&site, path, &[]).await;
        assert_eq!(vary(&answer), "accept, mainstay-version, origin", "{path}");
        let again = asked(&site, path, &[("if-none-match", "*")]).await;
        assert_eq!((again.status.as_u16(), vary(&again)), (304, vary(&answer)), "{path}");
    }
    assert_eq!(
        vary(&asked(&site, "/products/7", &[("mainstay-version", "1")]).await),
        vary(&asked(&site, "/v1/mine", &[]).await)
    );
    let unkept = Site::new();
    assert_eq!(vary(&asked(&unkept, "/v1/hello", &[]).await), "", "what nobody keeps");
}

#[tokio::test]
async fn what_shrinks_is_sent_small() {
    let site = Site::new();
    for coding in ["gzip", "br"] {
        for path in ["/v1/page", "/v1/pieces", "/assets/app.0123abcd.js"] {
            let plain = site.get(path).await;
            let (headers, small) = bytes(&site, path, coding).await;
            assert_eq!(headers["content-encoding"], coding, "{path}");
            assert_eq!(headers["vary"], "accept-encoding");
            assert_eq!(plain.header("vary"), "accept-encoding", "the plain one depends on it too");
            assert!(small.len() < plain.body.len(), "{path} {coding}: {}", small.len());
            assert_eq!(unpacked(coding, &small), plain.body, "{path} {coding}");
        }
    }
    assert_eq!(bytes(&site, "/assets/app.0123abcd.js", "identity").await.1, SCRIPT.as_bytes());
    for path in ["/v1/hello", "/v1/picture"] {
        let (headers, _) = bytes(&site, path, "gzip, br").await;
        assert!(!headers.contains_key("content-encoding"), "{path} is small, or small already");
    }
    let off = Site::with(|options| options.compression.enabled = false);
    assert!(!bytes(&off, "/v1/page", "gzip").await.0.contains_key("content-encoding"));
}

#[tokio::test]
async fn a_large_stream_is_compressed_in_constant_memory() {
    let site = Site::new();
    let request = Request::get("/v1/large").header("accept-encoding", "br").body(Body::empty()).unwrap();
    let mut body = site.app.call(request).await.into_body();
    let (mut frames, mut taken) = (0, 0);
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        (frames, taken) = (frames + 1, taken + data.len());
        assert!(data.len() < 64 * 1_024);
    }
    assert!(frames > 1 && taken < 100_000, "{frames} frames of {taken} bytes for 64 MB of one letter");
}

#[tokio::test]
async fn who_read_it_compressed_changes_the_same_version() {
    let site = Site::new();
    for (coding, tag) in [("identity", "\"3\""), ("gzip", "\"3-gzip\""), ("br", "\"3-br\"")] {
        let (headers, _) = bytes(&site, "/v1/versioned", coding).await;
        assert_eq!(headers["etag"], tag, "other bytes, another tag");
        let again =
            asked(&site, "/v1/versioned", &[("accept-encoding", coding), ("if-none-match", tag)]).await;
        assert_eq!(again.status.as_u16(), 304, "{coding}");
        let request = Request::put("/v1/versioned").header("if-match", tag).body(Body::empty()).unwrap();
        assert_eq!(site.send(request).await.body, "changed", "{coding}");
    }
    for tag in ["\"2-br\"", "\"3-zstd\"", "W/\"3\""] {
        let request = Request::put("/v1/versioned").header("if-match", tag).body(Body::empty()).unwrap();
        site.send(request).await.problem(412, "http.condition_failed");
    }
}
