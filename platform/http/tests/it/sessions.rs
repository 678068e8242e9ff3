//! Credentials: good, forged, missing, and those that cannot be checked.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use http::Request;
use mainstay_core::{Clock, Context, Principal, Result, codes};
use mainstay_http::Authenticator;
use mainstay_identity::{AnonymousSessions, Fingerprint, Sessions};
use mainstay_secrets::RootKey;

use crate::site::{Answer, Site};

const ACCOUNT: &str = "acc_00000000000000000000000001";

async fn who(site: &Site, header: &str, value: &str) -> Answer {
    site.send(Request::get("/v1/whoami").header(header, value).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_visitor_is_given_a_session_and_known_by_it_from_then_on() {
    let site = Site::new();
    let first = site.get("/v1/whoami").await;
    assert!(first.body.starts_with("ses_"));
    let token = first.header("mainstay-session");
    let cookie = first.header("set-cookie");
    assert_eq!(cookie, format!("session={token}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"));

    let again = who(&site, "cookie", &format!("theme=dark; session={token}; x=y")).await;
    assert_eq!((again.body.as_str(), again.header("set-cookie")), (first.body.as_str(), ""));
    let again = who(&site, "authorization", &format!("bearer {token}")).await;
    assert_eq!((again.body.as_str(), again.header("mainstay-session")), (first.body.as_str(), ""));
    assert_ne!(site.get("/v1/whoami").await.body, first.body, "every visitor is another one");
}

#[tokio::test]
async fn a_refusal_after_the_login_keeps_the_new_session() {
    let answer = Site::new().get("/v1/sold-out").await;
    assert!(!answer.header("mainstay-session").is_empty() && !answer.header("set-cookie").is_empty());
}

#[tokio::test]
async fn a_forged_bearer_is_refused_and_a_forged_cookie_is_nobody() {
    let site = Site::new();
    for value in
        ["Bearer bad:acc_1", "Bearer good:nonsense!", "Bearer ", "Bearer", "Basic dXNlcjpwdw==", "good:x"]
    {
        let answer = who(&site, "authorization", value).await;
        assert!(matches!(answer.status.as_u16(), 400 | 401), "{value}: {}", answer.body);
        assert_eq!(answer.header("mainstay-session"), "");
    }
    let refused = who(&site, "authorization", "Bearer bad:acc_1").await;
    refused.problem(401, "core.unauthenticated");
    assert_eq!(refused.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    let misunderstood = who(&site, "authorization", "Basic dXNlcjpwdw==").await;
    assert_eq!(misunderstood.header("www-authenticate"), "Bearer");

    let replaced = who(&site, "cookie", "session=bad:acc_1").await;
    assert!(replaced.body.starts_with("ses_"));
    assert!(replaced.header("set-cookie").starts_with("session=good:ses_"));
    for empty in ["session=", "session", "other=good:x", "sessions=good:x"] {
        assert!(who(&site, "cookie", empty).await.body.starts_with("ses_"), "{empty}");
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_checked_is_not_taken_away() {
    let site = Site::new();
    for (header, value) in [("cookie", "session=down"), ("authorization", "Bearer down")] {
        let answer = who(&site, header, value).await;
        answer.problem(503, "core.unavailable");
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn the_bearer_is_asked_before_the_cookie() {
    let site = Site::new();
    let request = Request::get("/v1/whoami")
        .header("cookie", "session=bad")
        .header("authorization", format!("Bearer good:{ACCOUNT}"));
    assert_eq!(site.send(request.body(Body::empty()).unwrap()).await.body, ACCOUNT);
}

#[tokio::test]
async fn of_two_bearers_none_is_believed() {
    let site = Site::new();
    let good = format!("Bearer good:{ACCOUNT}");
    for (first, second) in [(good.as_str(), "Bearer bad"), ("Bearer bad", &good), (&good, &good)] {
        let request =
            Request::get("/v1/whoami").header("authorization", first).header("authorization", second);
        let answer = site.send(request.body(Body::empty()).unwrap()).await;
        answer.problem(400, "http.target");
    }
}

#[tokio::test]
async fn a_handler_may_give_and_take_a_session() {
    let site = Site::with(|options| options.secure = true);
    let login = site.post("/v1/login", "{}").await;
    assert_eq!(login.header("mainstay-session"), format!("good:{ACCOUNT}"));
    assert_eq!(login.headers.get_all("set-cookie").iter().count(), 1, "not the visitor's as well");
    assert!(login.header("set-cookie").ends_with("Max-Age=3600; HttpOnly; SameSite=Lax; Secure"));
    assert!(login.header("strict-transport-security").starts_with("max-age="));

    let logout = site.post("/v1/logout", "{}").await;
    assert!(login.header("set-cookie").starts_with("__Host-session="));
    assert!(logout.header("set-cookie").starts_with("__Host-session=; Path=/; Max-Age=0"));
    assert_eq!(logout.header("mainstay-session"), "");
}

struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    async fn resolve(&self, _: &Context, _: Fingerprint) -> Result<Principal> {
        Err(codes::UNAUTHENTICATED.error("nobody is logged in here"))
    }
}

#[tokio::test]
async fn identitys_own_tokens_hold_and_altered_ones_do_not() {
    let clock = Clock::system();
    let identity = |byte| {
        let anonymous = AnonymousSessions::new(&RootKey::from_bytes([byte; 32]));
        mainstay_identity::Authenticator::new(anonymous, Arc::new(NoSessions), clock.clone())
    };
    let (ours, theirs) = (identity(1), identity(2));
    let ctx = Context::background("edge");
    let (session, issued) = ours.visitor().unwrap();
    let token = issued.token.expose();
    assert_eq!(ours.authenticate(&ctx, token).await.unwrap(), Principal::Anonymous(session).into());
    assert!(theirs.authenticate(&ctx, token).await.is_err(), "signed under another root key");
    for place in 0..token.len() {
        let mut altered = token.clone().into_bytes();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert!(ours.authenticate(&ctx, &altered).await.is_err(), "{altered}");
    }
}
