//! API keys: what they open, what they never open, rotated, revoked, expired.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{Answer, TestApp};

async fn make(app: &TestApp, session: &str, scopes: &[&str]) -> Answer {
    let body = json!({"name": "stock robot", "scopes": scopes});
    app.call(Some(session), Method::POST, "/v1/api-keys", body).await
}

fn text(answer: &Answer, name: &str) -> String {
    answer.body[name].as_str().unwrap_or_else(|| panic!("{name} in {}", answer.body)).to_owned()
}

async fn list(app: &TestApp, session: &str) -> Vec<Value> {
    let listed = app.call(Some(session), Method::GET, "/v1/api-keys", Value::Null).await;
    assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
    listed.body["api_keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_key_opens_what_it_is_for_and_nothing_else() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let made = make(&app, &session, &["carts"]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let key = text(&made, "key");
    assert!(key.starts_with("msk_"));
    // The address book is a buyer's tool; the account is not.
    assert!(app.is_let_in(&key).await);
    let other = text(&make(&app, &session, &["reports"]).await, "key");
    let refused = app.call(Some(&other), Method::GET, "/v1/addresses", Value::Null).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "core.forbidden"));
    assert_eq!(refused.body["detail"], "the key's scopes do not include addresses.use; it needs carts");
    for (method, path, body) in [
        (Method::GET, "/v1/api-keys", Value::Null),
        (Method::POST, "/v1/api-keys", json!({"name": "more", "scopes": ["carts"]})),
        (Method::GET, "/v1/sessions", Value::Null),
        (Method::PUT, "/v1/password", json!({"old_password": "x", "new_password": "long enough"})),
    ] {
        let answer = app.call(Some(&key), method, path, body).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.body);
        assert_eq!(answer.body["detail"], "no key may account.manage; log in for it");
    }
}

#[tokio::test]
async fn a_key_is_told_once_and_its_last_day_of_use_is_all_that_is_kept() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let key = text(&make(&app, &session, &["carts"]).await, "key");
    let before = list(&app, &session).await;
    assert_eq!(before[0]["last_used_on"], Value::Null);
    assert!(app.is_let_in(&key).await);
    let listed = list(&app, &session).await;
    assert!(listed[0].get("key").is_none() && !json!(listed).to_string().contains(&key[8..]));
    assert_eq!(listed[0]["hint"], key[..8]);
    assert!(listed[0]["last_used_on"].as_str().unwrap().contains("T00:00:00"), "{listed:?}");
}

#[tokio::test]
async fn a_rotated_key_holds_a_day_beside_its_successor() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let old = make(&app, &session, &["carts"]).await;
    let path = format!("/v1/api-keys/{}/rotate", text(&old, "id"));
    let new = app.call(Some(&session), Method::POST, &path, Value::Null).await;
    assert_eq!(new.status, StatusCode::CREATED, "{}", new.body);
    assert_eq!((&new.body["name"], &new.body["scopes"]), (&old.body["name"], &old.body["scopes"]));
    let (old, new) = (text(&old, "key"), text(&new, "key"));
    assert!(app.is_let_in(&old).await && app.is_let_in(&new).await);
    app.test.manual.advance(Duration::from_secs(24 * 3_600));
    assert!(!app.is_let_in(&old).await && app.is_let_in(&new).await);
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_strangers_revoke_none() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let (_, eve) = app.customer("eve@example.com").await;
    let made = make(&app, &session, &["carts"]).await;
    let (key, path) = (text(&made, "key"), format!("/v1/api-keys/{}", text(&made, "id")));
    assert!(app.is_let_in(&key).await);
    let stranger = app.call(Some(&eve), Method::DELETE, &path, Value::Null).await;
    assert_eq!((stranger.status, stranger.code()), (StatusCode::NOT_FOUND, "auth.unknown_api_key"));
    let rotated = app.call(Some(&eve), Method::POST, &format!("{path}/rotate"), Value::Null).await;
    assert_eq!(rotated.code(), "auth.unknown_api_key");
    assert_eq!(
        app.call(Some(&session), Method::DELETE, &path, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    assert!(!app.is_let_in(&key).await);
}

#[tokio::test]
async fn keys_expire_and_odd_wishes_are_refused_by_field() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let body = json!({"name": "short", "scopes": ["carts"], "expires_in_days": 1});
    let key = text(&app.call(Some(&session), Method::POST, "/v1/api-keys", body).await, "key");
    assert!(app.is_let_in(&key).await);
    app.test.manual.advance(Duration::from_secs(24 * 3_600));
    assert!(!app.is_let_in(&key).await);
    for (field, body) in [
        ("scopes", json!({"name": "x", "scopes": []})),
        ("scopes/0", json!({"name": "x", "scopes": ["everything"]})),
        ("name", json!({"name": "", "scopes": ["carts"]})),
        ("expires_in_days", json!({"name": "x", "scopes": ["carts"], "expires_in_days": 0})),
        ("role", json!({"name": "x", "scopes": ["carts"], "role": "staff"})),
    ] {
        let answer = app.call(Some(&session), Method::POST, "/v1/api-keys", body).await;
        assert!(answer.status.is_client_error(), "{}", answer.body);
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/{field}"), "{}", answer.body);
    }
}

#[tokio::test]
async fn forged_keys_cost_no_look_up_and_open_nothing() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let key = text(&make(&app, &session, &["carts"]).await, "key");
    let bent = format!("{}{}", &key[..61], if key.ends_with('a') { 'b' } else { 'a' });
    for forged in [bent.as_str(), "msk_", "msk_aaaa", &key.to_uppercase(), &key.replace("msk_", "mrt_")] {
        let answer = app.call(Some(forged), Method::GET, "/v1/addresses", Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{forged}");
    }
}
