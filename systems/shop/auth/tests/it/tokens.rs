//! Access and refresh tokens: used, replayed, forged, revoked; keys replaced under way.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use http::{Method, StatusCode};
use mainstay_core::{Context, Timestamp};
use mainstay_secrets::RootKey;
use serde_json::{Value, json};
use shop_auth::{Replace, SigningKeys, closed_letters};

use crate::app::{Answer, TestApp};

fn text(answer: &Answer, name: &str) -> String {
    answer.body[name].as_str().unwrap_or_else(|| panic!("{name} in {}", answer.body)).to_owned()
}

async fn keys(app: &TestApp) -> Vec<String> {
    let set = app.call(None, Method::GET, "/.well-known/jwks.json", Value::Null).await;
    assert_eq!(set.status, StatusCode::OK);
    assert_eq!(set.headers["cache-control"], "public, max-age=300");
    set.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn key_of(token: &str) -> String {
    let header = BASE64URL_NOPAD.decode(token.split('.').next().unwrap().as_bytes()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

fn operator(app: &TestApp) -> SigningKeys {
    SigningKeys::new(app.test.db.clone(), &app.secrets, app.test.clock.clone())
}

#[tokio::test]
async fn an_access_token_lets_in_for_five_minutes_and_the_refresh_token_buys_the_next() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let first = app.tokens("ada@example.com").await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(
        (first.body["token_type"].as_str(), first.body["expires_in"].as_i64()),
        (Some("Bearer"), Some(300))
    );
    let access = text(&first, "access_token");
    assert!(app.is_let_in(&access).await);
    assert_eq!(keys(&app).await, [key_of(&access)]);
    app.test.manual.advance(Duration::from_secs(305));
    assert!(!app.is_let_in(&access).await);
    let refused = app.call(Some(&access), Method::GET, "/v1/addresses", Value::Null).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "identity.access_token_refused"));
    let next = app.refresh(&text(&first, "refresh_token")).await;
    assert_eq!(next.status, StatusCode::OK);
    assert!(app.is_let_in(&text(&next, "access_token")).await);
    assert_eq!(text(&next, "session_id"), text(&first, "session_id"));
}

#[tokio::test]
async fn forged_and_confused_tokens_are_nobodys() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let tokens = app.tokens("ada@example.com").await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    assert!(app.is_let_in(&access).await);
    let parts: Vec<&str> = access.split('.').collect();
    let none = BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"at+jwt"}"#);
    let claims = BASE64URL_NOPAD.decode(parts[1].as_bytes()).unwrap();
    let staff = String::from_utf8(claims).unwrap().replace("customer", "staff");
    for forged in [
        format!("{none}.{}.", parts[1]),
        format!("{}.{}.{}", parts[0], BASE64URL_NOPAD.encode(staff.as_bytes()), parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        // One kind of credential shown for another.
        refresh.clone(),
        refresh.replace("mrt_", "mss_"),
    ] {
        let answer = app.call(Some(&forged), Method::GET, "/v1/addresses", Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{forged}");
        assert!(!answer.body.to_string().contains(&forged));
    }
    assert_eq!(app.refresh(&access).await.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn a_replayed_refresh_token_ends_its_whole_family() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let first = text(&app.tokens("ada@example.com").await, "refresh_token");
    let other = text(&app.tokens("ada@example.com").await, "refresh_token");
    let second = text(&app.refresh(&first).await, "refresh_token");
    let third = text(&app.refresh(&second).await, "refresh_token");
    // A thief who has the first one, at once or much later.
    assert_eq!(app.refresh(&first).await.code(), "auth.refresh_refused");
    for token in [&third, &second, &first] {
        assert_eq!(app.refresh(token).await.code(), "auth.refresh_refused");
    }
    assert_eq!(app.refresh(&other).await.status, StatusCode::OK, "another login is not touched");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_once_and_is_the_same() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let first = text(&app.tokens("ada@example.com").await, "refresh_token");
    let answer = text(&app.refresh(&first).await, "refresh_token");
    app.test.manual.advance(Duration::from_secs(60));
    let again = app.refresh(&first).await;
    assert_eq!(text(&again, "refresh_token"), answer, "two holders have one token, not two");
    assert_eq!(app.refresh(&first).await.code(), "auth.refresh_refused", "but only once");
    assert_eq!(app.refresh(&answer).await.code(), "auth.refresh_refused", "and that was the end");
}

/// A service's keys below a root key with a file, on which a process has worked for a while.
fn root_key() -> (tempfile::TempDir, RootKey) {
    let folder = tempfile::tempdir().unwrap();
    let root = RootKey::open_or_create(&folder.path().join("root"), Timestamp::default()).unwrap();
    (folder, root)
}

/// From now on another key is in use.
fn replace(root: &RootKey) -> String {
    let old = root.shown()[0].id.clone();
    let from = Timestamp::default() + Duration::from_secs(60);
    root.add(from, from).unwrap();
    old
}

#[tokio::test]
async fn a_lost_answer_is_the_same_one_after_the_root_key_was_replaced() {
    let (_folder, root) = root_key();
    let app = TestApp::with_secrets(root.derive("service")).await;
    app.sign_up("ada@example.com").await;
    let first = text(&app.tokens("ada@example.com").await, "refresh_token");
    let answer = text(&app.refresh(&first).await, "refresh_token");
    replace(&root);
    let again = app.refresh(&first).await;
    assert_eq!(text(&again, "refresh_token"), answer, "two holders have one token, not two");
    // The login goes on with the new key.
    let next = app.refresh(&answer).await;
    assert_eq!(next.status, StatusCode::OK, "{}", next.body);
    assert!(app.is_let_in(&text(&next, "access_token")).await);
}

#[tokio::test]
async fn signing_keys_and_letters_are_needed_until_they_were_sealed_anew_or_have_left() {
    let (_folder, root) = root_key();
    let app = TestApp::with_secrets(root.derive("service")).await;
    app.sign_up("ada@example.com").await;
    let token = text(&app.tokens("ada@example.com").await, "access_token");
    let old = replace(&root);
    let fewer = root.without(&old, Timestamp::default() + Duration::from_secs(60)).unwrap();
    let alone = SigningKeys::new(app.test.db.clone(), fewer.derive("service"), app.test.clock.clone());
    let ctx = Context::background("operator");
    assert!(alone.public(&ctx).await.is_err(), "the key is still sealed under the old one");
    for count in [1, 0] {
        assert_eq!(operator(&app).seal_anew(&ctx).await.unwrap(), count);
    }
    assert_eq!(alone.public(&ctx).await.unwrap().len(), 1);
    assert!(app.is_let_in(&token).await);

    // A letter that cannot leave yet holds its token under the key of its time.
    let closed = |root: &RootKey| {
        let (db, ctx, keys) = (app.test.db.clone(), ctx.clone(), root.derive("service"));
        async move { db.read(&ctx, move |view| closed_letters(view, &keys)).await.unwrap() }
    };
    assert_eq!(closed(&fewer).await, 0, "what has left needs no key");
    let letters = "UPDATE jobs SET state = 3 WHERE kind = 'shop.auth.letter'";
    let waiting = app.test.db.write(&ctx, move |tx| tx.execute(letters, &[])).await.unwrap();
    assert_eq!(closed(&fewer).await as u64, waiting, "they were sealed before the key was replaced");
    assert_eq!(closed(&root).await, 0);
}

#[tokio::test]
async fn an_answer_is_not_given_again_a_moment_too_late() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let first = text(&app.tokens("ada@example.com").await, "refresh_token");
    let second = text(&app.refresh(&first).await, "refresh_token");
    app.test.manual.advance(Duration::from_millis(60_001));
    assert_eq!(app.refresh(&first).await.code(), "auth.refresh_refused");
    assert_eq!(app.refresh(&second).await.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn a_thief_who_follows_on_the_owners_heels_is_found_at_the_next_step() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let stolen = text(&app.tokens("ada@example.com").await, "refresh_token");
    let owner = text(&app.refresh(&stolen).await, "refresh_token");
    let thief = text(&app.refresh(&stolen).await, "refresh_token");
    assert_eq!(owner, thief);
    app.test.manual.advance(Duration::from_secs(240));
    let next = text(&app.refresh(&owner).await, "refresh_token");
    assert_eq!(app.refresh(&thief).await.code(), "auth.refresh_refused");
    assert_eq!(app.refresh(&next).await.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn of_many_who_show_one_token_at_once_two_are_answered_with_the_same_and_then_none() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let first = text(&app.tokens("ada@example.com").await, "refresh_token");
    let answers = futures::future::join_all((0..8).map(|_| app.refresh(&first))).await;
    let given: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!(given.len(), 2);
    assert_eq!(text(given[0], "refresh_token"), text(given[1], "refresh_token"));
    assert_eq!(app.refresh(&text(given[0], "refresh_token")).await.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn a_family_is_revoked_by_its_token_and_ends_by_itself() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let revoked = text(&app.tokens("ada@example.com").await, "refresh_token");
    for token in [revoked.as_str(), revoked.as_str(), "mrt_aaaa", "nonsense"] {
        let body = json!({"refresh_token": token});
        let answer = app.call(None, Method::POST, "/v1/tokens/revoke", body).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "nobody is told what was one");
    }
    assert_eq!(app.refresh(&revoked).await.code(), "auth.refresh_refused");
    let kept = text(&app.tokens("ada@example.com").await, "refresh_token");
    app.test.manual.advance(Duration::from_secs(30 * 24 * 3_600));
    assert_eq!(app.refresh(&kept).await.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn keys_are_replaced_without_a_restart_and_in_good_order() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let before = text(&app.tokens("ada@example.com").await, "access_token");
    let old = key_of(&before);
    operator(&app).replace(&Context::background("operator"), Replace::InGoodOrder).await.unwrap();
    // Shown within half a minute, and signing only when everybody may know it.
    app.test.manual.advance(Duration::from_secs(30));
    let shown = keys(&app).await;
    assert_eq!(shown.len(), 2);
    assert_eq!(key_of(&text(&app.tokens("ada@example.com").await, "access_token")), old);
    app.test.manual.advance(Duration::from_secs(565));
    let last = text(&app.tokens("ada@example.com").await, "access_token");
    assert_eq!(key_of(&last), old);
    app.test.manual.advance(Duration::from_secs(10));
    let new = text(&app.tokens("ada@example.com").await, "access_token");
    assert_ne!(key_of(&new), old);
    assert!(
        app.is_let_in(&new).await && app.is_let_in(&last).await,
        "what the old one signed holds to its end"
    );
    // Then it is gone.
    app.test.manual.advance(Duration::from_secs(400));
    assert_eq!(keys(&app).await, [key_of(&new)]);
}

#[tokio::test]
async fn a_key_in_somebodys_hands_is_worth_nothing_within_a_minute() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let stolen = text(&app.tokens("ada@example.com").await, "access_token");
    assert!(app.is_let_in(&stolen).await);
    operator(&app).replace(&Context::background("operator"), Replace::AtOnce).await.unwrap();
    // Auth looks after half a minute, and so does an edge.
    app.test.manual.advance(Duration::from_secs(30));
    assert!(!keys(&app).await.contains(&key_of(&stolen)));
    app.test.manual.advance(Duration::from_secs(30));
    assert!(!app.is_let_in(&stolen).await);
    assert!(app.is_let_in(&text(&app.tokens("ada@example.com").await, "access_token")).await);
}

#[tokio::test]
async fn an_old_key_is_replaced_by_itself() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let old = key_of(&text(&app.tokens("ada@example.com").await, "access_token"));
    app.test.manual.advance(Duration::from_secs(30 * 24 * 3_600 + 1));
    for _ in 0..500 {
        if keys(&app).await.first() != Some(&old) {
            return;
        }
        app.test.manual.advance(Duration::from_secs(60));
        crate::sessions::nap().await;
    }
    panic!("the key stays");
}

#[tokio::test]
async fn a_signing_key_does_not_open_under_another_service_key() {
    let app = TestApp::start().await;
    assert_eq!(keys(&app).await.len(), 1);
    let thief = mainstay_secrets::Key::from_bytes([6; 32]);
    let stolen = SigningKeys::new(app.test.db.clone(), &thief, app.test.clock.clone());
    assert!(stolen.public(&Context::background("thief")).await.is_err());
}
