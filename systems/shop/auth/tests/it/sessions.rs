//! Logging in and out, by hook and by crook.

use std::time::Duration;

use http::{Method, StatusCode};
use mainstay_core::{Clock, Id, Session};
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};

pub async fn nap() {
    Clock::system().sleep(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn a_login_gives_a_cookie_and_a_token_for_the_same_session() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let login = app.log_in("ADA@example.com", PASSWORD).await;
    assert_eq!(login.status, StatusCode::CREATED);
    let cookie = login.headers["set-cookie"].to_str().unwrap();
    let session = login.session();
    assert!(cookie.starts_with(&format!("session={session}; ")), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(!login.body.to_string().contains(&session), "bodies end up in logs");
    assert!(app.is_let_in(&session).await);
    let browsed = app.browse(&session, Method::GET, "/v1/addresses", Value::Null).await;
    assert_eq!(browsed.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_the_same_answer_for_the_same_work() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("ada@example.com", "wrong horse battery"),
        ("eve@example.com", "wrong horse battery"),
        ("eve@example.com", PASSWORD),
        ("no address at all", PASSWORD),
        ("", ""),
    ] {
        let before = app.cpu.stats().done;
        let answer = app.log_in(email, password).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "auth.wrong_login"), "{email}");
        assert_eq!(app.cpu.stats().done - before, 1, "{email} costs one hash");
        assert!(
            answer.headers.get("mainstay-session").is_none_or(|token| token.as_bytes().starts_with(b"anon."))
        );
        let mut body = answer.body;
        body.as_object_mut().unwrap().remove("trace");
        answers.push(body);
    }
    assert!(answers.iter().all(|body| *body == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn strange_logins_are_refused_and_break_nothing() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let long = "x".repeat(100_000);
    for body in [
        json!({}),
        json!([]),
        json!({"email": "ada@example.com"}),
        json!({"email": "ada@example.com", "password": null}),
        json!({"email": ["ada@example.com"], "password": PASSWORD}),
        json!({"email": "ada@example.com", "password": {"$ne": ""}}),
        json!({"email": "ada@example.com' OR '1'='1", "password": PASSWORD}),
        json!({"email": "ada@example.com", "password": format!("{PASSWORD}\0")}),
        json!({"email": "ada@example.com", "password": long}),
        json!({"email": long, "password": PASSWORD}),
        json!({"email": "ada@example.com", "password": PASSWORD, "admin": true}),
    ] {
        let answer = app.call(None, Method::POST, "/v1/sessions", body.clone()).await;
        assert!(answer.status.is_client_error(), "{body}");
    }
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.status, StatusCode::CREATED);
    assert_eq!(app.logins_told().await.len(), 2, "the confirmation's and this one's");
}

#[tokio::test]
async fn a_login_tells_which_visitor_it_was() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let visitor = app.call(None, Method::GET, "/v1/addresses", Value::Null).await;
    assert_eq!(visitor.status, StatusCode::UNAUTHORIZED, "a visitor has no address book");
    let anonymous = visitor.session();
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let login = app.browse(&anonymous, Method::POST, "/v1/sessions", body.clone()).await;
    let told = app.logins_told().await;
    assert_eq!(told.len(), 2);
    let before: Id<Session> = Id::try_from_slice(&told[1].anonymous_session_id).unwrap();
    assert_ne!(before.to_string(), login.body["id"], "the visitor's session, not the new one");
    // Logging in again from a session tells of no visitor.
    app.browse(&login.session(), Method::POST, "/v1/sessions", body).await;
    assert_eq!(app.logins_told().await[2].anonymous_session_id, Vec::<u8>::new());
}

#[tokio::test]
async fn what_was_ended_is_refused_at_once_and_leaves_the_others_alone() {
    let app = TestApp::start().await;
    let (_, first) = app.customer("ada@example.com").await;
    let second = app.log_in("ada@example.com", PASSWORD).await.session();
    let (_, other) = app.customer("eve@example.com").await;
    for session in [&first, &second, &other] {
        assert!(app.is_let_in(session).await);
    }
    let ended = app.browse(&first, Method::DELETE, "/v1/sessions/current", Value::Null).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert!(ended.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(!app.is_let_in(&first).await);
    assert!(app.is_let_in(&second).await && app.is_let_in(&other).await);
    let again = app.call(Some(&first), Method::DELETE, "/v1/sessions/current", Value::Null).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_edge_elsewhere_lets_in_for_five_seconds_and_nothing_that_lasts_comes_of_it() {
    let app = TestApp::with_edge_elsewhere().await;
    let (_, session) = app.customer("ada@example.com").await;
    let keeper = app.log_in("ada@example.com", PASSWORD).await.session();
    let wanted = json!({"name": "stock robot", "scopes": ["carts"]});
    let made = app.call(Some(&keeper), Method::POST, "/v1/api-keys", wanted.clone()).await;
    let key = format!("/v1/api-keys/{}", made.body["id"].as_str().unwrap());
    let tokens = app.tokens("ada@example.com").await.body;
    let access = tokens["access_token"].as_str().unwrap();
    assert!(app.is_let_in(&session).await && app.is_let_in(access).await);
    let programs = app.call(Some(&keeper), Method::GET, "/v1/sessions", Value::Null).await.body;
    let program =
        programs["sessions"].as_array().unwrap().iter().find(|one| one["kind"] == "tokens").unwrap();
    let program = format!("/v1/sessions/{}", program["id"].as_str().unwrap());
    assert_eq!(
        app.call(Some(access), Method::POST, "/v1/api-keys", wanted.clone()).await.status,
        StatusCode::CREATED
    );
    for (ended, path) in [(session.as_str(), "/v1/sessions/current"), (access, &program)] {
        let by = if ended == access { &keeper } else { &session };
        let answer = app.call(Some(by), Method::DELETE, path, Value::Null).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert!(app.is_let_in(ended).await, "this edge was not told");
        for (method, path, body) in [
            (Method::POST, "/v1/api-keys".to_owned(), wanted.clone()),
            (Method::POST, format!("{key}/rotate"), Value::Null),
            (Method::DELETE, key.clone(), Value::Null),
            (Method::DELETE, program.clone(), Value::Null),
            (
                Method::PUT,
                "/v1/password".to_owned(),
                json!({"old_password": PASSWORD, "new_password": "a better battery"}),
            ),
        ] {
            let answer = app.call(Some(ended), method, &path, body).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::UNAUTHORIZED, "auth.session_unknown"),
                "{path}"
            );
        }
    }
    assert_eq!(app.count("SELECT count(*) FROM api_keys").await, 2);
    app.test.manual.advance(Duration::from_secs(5));
    assert!(!app.is_let_in(&session).await);
}

#[tokio::test]
async fn a_session_that_is_over_makes_no_key() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    assert!(app.is_let_in(&session).await);
    let ended = app.browse(&session, Method::DELETE, "/v1/sessions/current", Value::Null).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    let wanted = json!({"name": "stock robot", "scopes": ["carts"]});
    let made = app.browse(&session, Method::POST, "/v1/api-keys", wanted).await;
    assert_eq!(made.status, StatusCode::UNAUTHORIZED, "{}", made.body);
    assert_eq!(app.count("SELECT count(*) FROM api_keys").await, 0);
}

#[tokio::test]
async fn a_login_is_a_new_session_and_the_former_one_ends() {
    let app = TestApp::start().await;
    let (_, planted) = app.customer("ada@example.com").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let login = app.browse(&planted, Method::POST, "/v1/sessions", body).await;
    assert_ne!(login.session(), planted);
    assert!(app.is_let_in(&login.session()).await);
    assert!(!app.is_let_in(&planted).await, "whoever planted it has nothing of the new one");
}

#[tokio::test]
async fn own_logins_are_listed_and_ended_and_nobody_elses() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    app.test.manual.advance(Duration::from_secs(1));
    let second = app.log_in("ada@example.com", PASSWORD).await;
    app.test.manual.advance(Duration::from_secs(1));
    let tokens = app.tokens("ada@example.com").await;
    let (_, eve) = app.customer("eve@example.com").await;
    let listed = app.call(Some(&session), Method::GET, "/v1/sessions", Value::Null).await.body;
    let kinds: Vec<_> =
        listed["sessions"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["tokens", "session", "session"]);
    assert_eq!(listed["sessions"][2]["current"], true);
    assert_eq!(listed["sessions"][1]["current"], false);
    assert!(!listed.to_string().contains("mss_"));
    assert!(app.is_let_in(&second.session()).await);
    for id in [&listed["sessions"][0]["id"], &second.body["id"]] {
        let path = format!("/v1/sessions/{}", id.as_str().unwrap());
        let stranger = app.call(Some(&eve), Method::DELETE, &path, Value::Null).await;
        assert_eq!((stranger.status, stranger.code()), (StatusCode::NOT_FOUND, "auth.unknown_session"));
        let visitor = app.call(None, Method::DELETE, &path, Value::Null).await;
        assert_eq!(visitor.status, StatusCode::UNAUTHORIZED);
        let ended = app.call(Some(&session), Method::DELETE, &path, Value::Null).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT);
        let again = app.call(Some(&session), Method::DELETE, &path, Value::Null).await;
        assert_eq!(again.code(), "auth.unknown_session");
    }
    assert!(!app.is_let_in(&second.session()).await && app.is_let_in(&session).await);
    let refresh = tokens.body["refresh_token"].as_str().unwrap();
    assert_eq!(app.refresh(refresh).await.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn a_visitor_has_nothing_to_end() {
    let app = TestApp::start().await;
    let answer = app.call(None, Method::DELETE, "/v1/sessions/current", Value::Null).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sessions_end_by_themselves_and_are_forgotten() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    app.test.manual.advance(Duration::from_secs(30 * 24 * 3600 - 1));
    assert!(app.is_let_in(&session).await);
    app.test.manual.advance(Duration::from_secs(6));
    assert!(!app.is_let_in(&session).await);
    let count = || async {
        let read = |view: &mainstay_sql::View<'_>| {
            view.query_one("SELECT count(*) FROM sessions", &[], |row| row.get::<i64>(0))
        };
        app.test.db.read(&app.ctx, read).await.unwrap()
    };
    for _ in 0..500 {
        if count().await == Some(0) {
            return;
        }
        app.test.manual.advance(Duration::from_secs(60));
        nap().await;
    }
    panic!("expired sessions stay");
}

#[tokio::test]
async fn the_oldest_of_too_many_sessions_ends() {
    let app = TestApp::start().await;
    let (_, first) = app.customer("ada@example.com").await;
    assert!(app.is_let_in(&first).await);
    let mut last = String::new();
    for _ in 0..50 {
        app.test.manual.advance(Duration::from_millis(1));
        last = app.log_in("ada@example.com", PASSWORD).await.session();
    }
    assert!(!app.is_let_in(&first).await);
    assert!(app.is_let_in(&last).await);
}

#[tokio::test]
async fn guessed_and_bent_tokens_are_nobodys() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let mut bent = session.clone().into_bytes();
    bent[10] = if bent[10] == b'A' { b'B' } else { b'A' };
    let bent = String::from_utf8(bent).unwrap();
    for token in
        [bent.as_str(), &session[..session.len() - 1], "mss_", "mss_AAAA", "anon.AAAA", "null", "../.."]
    {
        let answer = app.call(Some(token), Method::GET, "/v1/addresses", Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
        // In a browser that is a visitor, whose new session replaces the old cookie.
        let answer = app.browse(token, Method::GET, "/v1/addresses", Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
    }
}
