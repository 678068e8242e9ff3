//! The operators' listener: who is let in, on this machine and with a token.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use axum::body::Body;
use http::Request;
use mainstay_http::OperatorGuard;
use mainstay_http::codes::ADMIN_EXPOSED;
use mainstay_secrets::Secret;

use crate::site::{Answer, Site};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_page_from_elsewhere_and_a_name_that_was_bent_here_are_refused() {
    let site = Site::new();
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "evil.example:9080"),
        ("host", "127.0.0.1.evil.example"),
        ("host", "localhost.evil.example"),
        ("host", "10.0.0.1:9080"),
        ("host", "[::2]:9080"),
        ("host", ""),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for path in ["/v1/whoami", "/metrics"] {
            let mut request = Request::get(path).header(name, value);
            if name != "host" {
                request = request.header("host", "127.0.0.1:9080");
            }
            site.operator(request).await.problem(403, "core.forbidden");
        }
    }
    for (name, value) in [
        ("host", "127.0.0.1:9080"),
        ("host", "127.8.8.8"),
        ("host", "localhost:9080"),
        ("host", "[::1]:9080"),
        ("host", "[::1]"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-site", "none"),
    ] {
        let answer = site.operator(Request::get("/v1/whoami").header(name, value)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "service:mainstay.operator"));
        assert_eq!(answer.header("set-cookie"), "", "operators have no session");
        let answer = site.operator(Request::get("/metrics").header(name, value)).await;
        assert_eq!(answer.status.as_u16(), 200, "{name}: {value}");
    }
    let same =
        Request::get("/v1/whoami").header("host", "localhost:9").header("origin", "http://localhost:9");
    assert_eq!(site.operator(same).await.status.as_u16(), 200);
}

#[tokio::test]
async fn with_a_token_only_the_token_counts() {
    let site = Site::new();
    let app = site.operators(Some(TOKEN));
    let ask_for = async |path: &str, authorization: Option<String>| {
        let mut request = Request::get(path).header("host", "ops.example");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        Answer::of(app.call(request.body(Body::empty()).unwrap()).await).await
    };
    let ask = async |authorization| ask_for("/v1/whoami", authorization).await;
    assert_eq!(ask(Some(format!("Bearer {TOKEN}"))).await.body, "service:mainstay.operator");
    let metrics = ask_for("/metrics", Some(format!("Bearer {TOKEN}"))).await;
    assert!(metrics.status == 200 && metrics.body.ends_with("# EOF\n"), "{}", metrics.status);
    assert_eq!(ask(Some(format!("bearer {TOKEN}"))).await.status.as_u16(), 200);
    for wrong in [
        None,
        Some(String::new()),
        Some("Bearer ".to_owned()),
        Some(TOKEN.to_owned()),
        Some(format!("Basic {TOKEN}")),
        Some(format!("Bearer {TOKEN}0")),
        Some(format!("Bearer {}", &TOKEN[1..])),
    ] {
        ask(wrong.clone()).await.problem(401, "core.unauthenticated");
        ask_for("/metrics", wrong).await.problem(401, "core.unauthenticated");
    }
    for probe in ["/healthz", "/readyz", "/startupz"] {
        assert_ne!(ask_for(probe, None).await.status.as_u16(), 401, "{probe}");
    }
}

#[test]
fn an_address_that_others_reach_needs_a_token_and_a_token_needs_length() {
    let (here, everywhere): (SocketAddr, SocketAddr) =
        ("[::1]:1".parse().unwrap(), "0.0.0.0:1".parse().unwrap());
    let (long, short) = (Secret::new(TOKEN.to_owned()), Secret::new("hunter2".to_owned()));
    assert!(OperatorGuard::new(here, None).is_ok());
    assert!(OperatorGuard::new(everywhere, Some(&long)).is_ok());
    for refused in [OperatorGuard::new(everywhere, None), OperatorGuard::new(here, Some(&short))] {
        assert!(refused.err().unwrap().is(&ADMIN_EXPOSED));
    }
}

#[test]
fn a_token_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, listen) = (folder.path().join("token"), "0.0.0.0:1".parse().unwrap());
    assert!(OperatorGuard::from_file(listen, &file).err().unwrap().is(&ADMIN_EXPOSED), "it is not there");
    fs::write(&file, format!("{TOKEN}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let error = OperatorGuard::from_file(listen, &file).err().unwrap();
    assert!(error.is(&ADMIN_EXPOSED) && error.message().contains("chmod 600"), "{error}");
    assert!(!error.message().contains(TOKEN));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(OperatorGuard::from_file(listen, &file).is_ok());
}
