//! The access log: what is in it, and above all what is not.

use axum::body::Body;
use http::Request;
use serde_json::Value;

use crate::site::Site;

#[tokio::test]
async fn each_request_has_a_line_and_no_line_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let site = Site::with(|options| options.access_log.file.clone_from(&file));
    let request = Request::get("/v1/orders/ord_00000000000000000000000007?email=ada@example.org")
        .header("authorization", "Bearer good:acc_00000000000000000000000001")
        .header("user-agent", "Mosaic")
        .body(Body::empty())
        .unwrap();
    let answer = site.send(request).await;
    site.get("/nowhere/secret").await;
    site.get("/v1/panic").await;
    // The end of the last who could write is the end of the log.
    drop(site);
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(lines[0]["route"], "GET /v1/orders/{id}");
    assert_eq!((lines[0]["status"].as_u64(), lines[0]["bytes"].as_u64()), (Some(200), Some(30)));
    assert_eq!(lines[0]["trace"], answer.header("mainstay-trace"));
    assert!(lines[0]["took_us"].as_u64().is_some());
    assert!(lines[0]["time"].as_str().unwrap().parse::<mainstay_core::Timestamp>().is_ok(), "{}", lines[0]);
    assert_eq!((lines[1]["route"].as_str(), lines[1]["status"].as_u64()), (Some("none"), Some(404)));
    assert_eq!(lines[2]["status"], 500);
    for secret in ["ada@", "good:", "acc_", "Mosaic", "ord_", "secret", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn a_share_is_logged_and_a_file_that_cannot_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("access.log");
    let site = Site::with(|options| {
        options.access_log.file.clone_from(&file);
        options.access_log.sample = 0.25;
    });
    for _ in 0..2_000 {
        site.get("/v1/hello").await;
    }
    drop(site);
    let lines = std::fs::read_to_string(&file).unwrap().lines().count();
    assert!((350..650).contains(&lines), "{lines} of 2000");
    let nowhere = folder.path().join("no/such/folder/log");
    let error = Site::refused(|options| options.access_log.file = nowhere);
    assert!(error.message().contains("http.access_log.file"), "{error}");
}
