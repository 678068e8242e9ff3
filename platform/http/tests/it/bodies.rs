//! Bodies that are too large, too deep, too wrong, or not JSON.

use axum::body::{Body, Bytes};
use futures::stream;
use http::Request;
use mainstay_http::Options;

use crate::site::Site;

const ORDER: &str = r#"{"lines":[{"variant":"var_1","quantity":2}],"note":null}"#;

fn small(options: &mut Options) {
    options.body_limit_bytes = 1_000;
}

#[tokio::test]
async fn a_right_one_is_taken() {
    let site = Site::new();
    let answer = site.post("/v1/orders", ORDER).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (201, ORDER));
}

#[tokio::test]
async fn what_is_not_json_says_where() {
    let site = Site::new();
    for (body, words) in [
        ("", "empty"),
        ("{", "line 1"),
        ("{\"lines\": [}", "column 12"),
        ("{\"lines\":[]} trailing", "line 1"),
        ("\u{feff}{}", "line 1"),
        ("{\"lines\":[],\"note\"", "EOF"),
    ] {
        let document = site.post("/v1/orders", body).await.problem(400, "http.body_malformed");
        assert!(document["detail"].as_str().unwrap().contains(words), "{body}: {document}");
    }
}

#[tokio::test]
async fn what_has_a_wrong_field_names_it() {
    let site = Site::new();
    for (body, path, words) in [
        (r#"{"lines":[{"variant":"a","quantity":"two"}]}"#, "/lines/0/quantity", "is not of type"),
        (
            r#"{"lines":[{"variant":"a","quantity":1},{"variant":"b","quantity":-1}]}"#,
            "/lines/1/quantity",
            "is less than 0",
        ),
        (r#"{"lines":[{"variant":"a","quantity":256}]}"#, "/lines/0/quantity", "is more than 255"),
        (r#"{"lines":[{"variant":"a","quantity":1.5}]}"#, "/lines/0/quantity", "is not of type"),
        (r#"{"lines":[{"variant":"","quantity":1}]}"#, "/lines/0/variant", "is empty"),
        (r#"{"lines":[{"variant":"a\u0000b","quantity":1}]}"#, "/lines/0/variant", "control character"),
        (r#"{"lines":[{"quantity":1}]}"#, "/lines/0/variant", "is missing"),
        (r#"{"lines":{}}"#, "/lines", "is not of type"),
        (r#"{"lines":[],"no/pe":1}"#, "/no~1pe", "is not known here"),
        (r#"{"lines":[],"lines":[]}"#, "/lines", "is there twice"),
        (r#"{"lines":[{"variant":"a","quantity":1.0}],"lines":[]}"#, "/lines", "is there twice"),
        (r#"{"lines":[{"variant":"a","quantity":1,"quantity":1}]}"#, "/lines/0/quantity", "is there twice"),
        (r#"[1]"#, "", "is not of type"),
    ] {
        let document = site.post("/v1/orders", body).await.problem(422, "http.body_invalid");
        let error = &document["errors"][0];
        assert_eq!(error["pointer"], path, "{body}: {document}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words) && !message.contains("line 1"), "{body}: {document}");
    }
}

#[tokio::test]
async fn a_whole_number_may_be_written_with_a_point() {
    let site = Site::new();
    let answer = site.post("/v1/orders", r#"{"lines":[{"variant":"a","quantity":2.0}]}"#).await;
    assert_eq!((answer.status.as_u16(), answer.json()["lines"][0]["quantity"].as_u64()), (201, Some(2)));
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_and_bounded() {
    let site = Site::new();
    let body = r#"{"lines":[{"variant":"","quantity":-1},{}],"note":7,"more":1}"#;
    let document = site.post("/v1/orders", body).await.problem(422, "http.body_invalid");
    let mut places: Vec<&str> = document["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    places.sort_unstable();
    assert_eq!(
        places,
        ["/lines/0/quantity", "/lines/0/variant", "/lines/1/quantity", "/lines/1/variant", "/more", "/note"],
        "{document}"
    );

    let unknown: String = (0..1_000).map(|number| format!(r#","field{number}":1"#)).collect();
    let document = site
        .post("/v1/orders", &format!(r#"{{"lines":[]{unknown}}}"#))
        .await
        .problem(422, "http.body_invalid");
    assert!(document["errors"].as_array().unwrap().len() <= 32);
}

#[tokio::test]
async fn a_value_is_never_quoted_since_it_may_be_a_secret() {
    let site = Site::new();
    for body in [
        r#"{"lines":[{"variant":"hunter2-and-more","quantity":1}]}"#,
        r#"{"lines":"hunter2"}"#,
        r#"{"lines":[{"variant":"hunter2\u0000","quantity":1}]}"#,
    ] {
        let answer = site.post("/v1/orders", body).await;
        answer.problem(422, "http.body_invalid");
        assert!(!answer.body.contains("hunter2"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_query_is_held_to_its_schema() {
    let site = Site::new();
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=ten", "/limit"),
        ("limit=1.5", "/limit"),
        ("limit=99999999999999999999", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("limit=1&nope=1", "/nope"),
        ("limit=1&more=1&more=0", "/more/1"),
        ("limit=1&more=x", "/more/0"),
        ("limit=1&more=1&more=2&more=3", "/more"),
        ("", "/limit"),
        ("limit=%00", "/limit"),
        ("limit=%ff", "/limit"),
    ] {
        let document = site.get(&format!("/v1/list?{query}")).await.problem(400, "http.query_invalid");
        assert_eq!(document["errors"][0]["pointer"], pointer, "{query}: {document}");
    }
    let many: String = (0..1_000).map(|number| format!("p{number}=1&")).collect();
    site.get(&format!("/v1/list?{many}")).await.problem(400, "http.query_invalid");
    assert_eq!(site.get("/v1/list?limit=100").await.body, "100 []");
    assert_eq!(site.get("/v1/list?more=2&limit=7&more=1").await.body, "7 [2, 1]");
}

#[tokio::test]
async fn a_long_wrong_value_is_not_thrown_back_in_full() {
    let site = Site::new();
    let body = format!(r#"{{"lines":[{{"variant":"a","quantity":"{}"}}]}}"#, "x".repeat(10_000));
    let answer = site.post("/v1/orders", &body).await;
    answer.problem(422, "http.body_invalid");
    assert!(answer.body.len() < 1_000);
}

#[tokio::test]
async fn a_deep_nesting_is_refused_and_costs_no_stack() {
    let site = Site::new();
    for body in [
        "[".repeat(100_000),
        "[".repeat(1_000),
        "{\"lines\":".repeat(50_000),
        format!("{{\"note\":{}", "[".repeat(100_000)),
    ] {
        let document = site.post("/v1/orders", &body).await.problem(400, "http.body_malformed");
        assert!(document["detail"].as_str().unwrap().contains("is not JSON: EOF"), "{document}");
    }
    let closed = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    let document = site.post("/v1/orders", &closed(1_000)).await.problem(400, "http.body_malformed");
    assert!(
        document["detail"].as_str().unwrap().starts_with("the body is nested too deeply at"),
        "{document}"
    );
    let document = site.post("/v1/orders", &closed(100_000)).await.problem(422, "http.body_invalid");
    assert_eq!(
        document["errors"][0],
        serde_json::json!({ "pointer": "/0/0/0", "message": "is not a string" })
    );
}

#[tokio::test]
async fn other_kinds_of_body_are_not_understood() {
    let site = Site::new();
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
        Some(""),
    ] {
        let mut request = Request::post("/v1/orders");
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let answer = site.send(request.body(Body::from(ORDER)).unwrap()).await;
        answer.problem(415, "http.media_type");
    }
    for kind in ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"] {
        let request = Request::post("/v1/orders").header("content-type", kind);
        assert_eq!(site.send(request.body(Body::from(ORDER)).unwrap()).await.status.as_u16(), 201, "{kind}");
    }
}

#[tokio::test]
async fn a_large_one_is_refused_whether_or_not_it_says_so() {
    let site = Site::with(small);
    let large = format!(r#"{{"lines":[],"note":"{}"}}"#, "x".repeat(1_000));
    site.post("/v1/orders", &large).await.problem(413, "http.body_too_large");

    // Without a declared length it is counted while it is read.
    let chunks = large
        .into_bytes()
        .chunks(100)
        .map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk)))
        .collect::<Vec<_>>();
    let request = Request::post("/v1/orders").header("content-type", "application/json");
    let answer = site.send(request.body(Body::from_stream(stream::iter(chunks))).unwrap()).await;
    answer.problem(413, "http.body_too_large");

    let fits = format!(r#"{{"lines":[],"note":"{}"}}"#, "x".repeat(900));
    assert_eq!(site.post("/v1/orders", &fits).await.status.as_u16(), 201);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_the_callers_failure() {
    let site = Site::new();
    let broken = stream::iter([Ok(Bytes::from_static(b"{\"lines\"")), Err(std::io::Error::other("reset"))]);
    let request = Request::post("/v1/orders").header("content-type", "application/json");
    let answer = site.send(request.body(Body::from_stream(broken)).unwrap()).await;
    answer.problem(400, "http.body_broken");
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_told_so() {
    let (site, manual) = Site::still(|options| options.request_timeout_ms = 1_000);
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let request = Request::post("/v1/orders").header("content-type", "application/json").body(never).unwrap();
    let mut call = Box::pin(site.send(request));
    assert!(futures::poll!(&mut call).is_pending());
    manual.advance(std::time::Duration::from_secs(1));
    call.await.problem(408, "http.body_too_slow");
}
