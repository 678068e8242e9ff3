//! Registering: what is taken, what is refused, and what is stored.

use std::time::Duration;

use http::{Method, StatusCode};
use mainstay_core::CpuPool;
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};

#[tokio::test]
async fn whoever_reads_the_mailbox_and_knows_the_password_has_the_account() {
    let app = TestApp::start().await;
    let asked = app.register(" Ada@Example.COM ").await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.code(), "auth.wrong_login", "not yet");
    let mail = app.mail(0).await;
    assert_eq!(mail.to().as_str(), "ada@example.com");
    let token = app.mailed_token(0).await;
    let confirmed = app.confirm(&token, PASSWORD).await;
    assert_eq!(confirmed.status, StatusCode::CREATED, "{}", confirmed.body);
    assert_eq!(
        (confirmed.body["account"]["email"].as_str(), confirmed.body["account"]["role"].as_str()),
        (Some("ada@example.com"), Some("customer"))
    );
    assert!(!confirmed.body.to_string().contains("password"));
    assert!(app.is_let_in(&confirmed.session()).await);
    assert_eq!(app.log_in("ADA@example.com", PASSWORD).await.status, StatusCode::CREATED);
    assert_eq!(app.confirm(&token, PASSWORD).await.code(), "auth.link_refused", "it holds once");
}

#[tokio::test]
async fn registering_does_not_tell_who_has_an_account() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let mut seen = Vec::new();
    for email in ["ada@example.com", "eve@example.com"] {
        let (hashes, rows) = (app.cpu.stats().done, app.count(WORK).await);
        let answer = app.register(email).await;
        let mut body = answer.body;
        body.as_object_mut().unwrap().remove("trace");
        seen.push((answer.status, body, app.cpu.stats().done - hashes, app.count(WORK).await - rows));
    }
    assert_eq!(seen[0], seen[1]);
    // Only the mailbox learns it.
    let subjects = [app.mail(1).await, app.mail(2).await];
    let to = |email: &str| subjects.iter().find(|mail| mail.to().as_str() == email).unwrap().subject();
    assert_eq!(to("ada@example.com"), "You have an account already");
    assert_eq!(to("eve@example.com"), "Confirm your address");
}

/// Rows of registrations, resets and letters.
const WORK: &str = "SELECT (SELECT count(*) FROM registrations) + (SELECT count(*) FROM password_resets)
    + (SELECT count(*) FROM jobs WHERE kind = 'shop.auth.letter')";

#[tokio::test]
async fn an_account_that_somebody_else_prepared_is_not_confirmed_by_its_victim() {
    let app = TestApp::start().await;
    let body = json!({"email": "ada@example.com", "name": "Mallory", "password": "mallory's own one"});
    app.call(None, Method::POST, "/v1/accounts", body).await;
    let planted = app.mailed_token(0).await;
    // The victim follows the mail, and types what she believes to be her password.
    assert_eq!(app.confirm(&planted, PASSWORD).await.code(), "auth.link_refused");
    app.sign_up("ada@example.com").await;
    assert_eq!(app.confirm(&planted, "mallory's own one").await.code(), "auth.link_refused");
    assert_eq!(app.log_in("ada@example.com", "mallory's own one").await.code(), "auth.wrong_login");
}

#[tokio::test]
async fn a_confirmation_holds_a_day_and_for_its_own_kind() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let token = app.mailed_token(0).await;
    for wrong in
        ["", "mcf_", "msk_aaaa", &token.replace("mcf_", "mpr_"), &token[..token.len() - 1], "' OR 1=1 --"]
    {
        let before = app.cpu.stats().done;
        assert_eq!(app.confirm(wrong, PASSWORD).await.code(), "auth.link_refused", "{wrong}");
        assert_eq!(app.cpu.stats().done - before, 1, "{wrong:?} costs what a right one costs");
    }
    app.test.manual.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(app.confirm(&token, PASSWORD).await.code(), "auth.link_refused");
}

#[tokio::test]
async fn confirmations_at_once_are_one_account() {
    let app = TestApp::start().await;
    let mut tokens = Vec::new();
    for number in 0..3 {
        app.register("ada@example.com").await;
        tokens.push(app.mailed_token(number).await);
    }
    let answers = futures::future::join_all(tokens.iter().map(|token| app.confirm(token, PASSWORD))).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(made, 1);
    assert_eq!(app.count("SELECT count(*) FROM accounts").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM registrations").await, 0);
}

#[tokio::test]
async fn a_mailbox_is_not_flooded() {
    let app = TestApp::start().await;
    for _ in 0..8 {
        assert_eq!(app.register("ada@example.com").await.status, StatusCode::ACCEPTED);
    }
    app.settle().await;
    assert_eq!(app.mails(), 5);
    // The one who floods does not keep the owner's own mail away for longer than the hour.
    app.test.manual.advance(Duration::from_secs(3_600));
    app.register("ada@example.com").await;
    app.mail(5).await;
}

#[tokio::test]
async fn nonsense_is_refused_by_field_and_makes_nobody_staff() {
    let app = TestApp::start().await;
    let good = json!({"email": "ada@example.com", "name": "Ada", "password": PASSWORD});
    for (field, value) in [
        ("email", json!("ada")),
        ("email", json!("ada@example.com\r\nBcc: all@example.com")),
        ("email", json!("a".repeat(300) + "@example.com")),
        ("email", Value::Null),
        ("name", json!("")),
        ("name", json!("Ada\nLovelace")),
        ("name", json!("x".repeat(201))),
        ("password", json!("short")),
        ("password", json!("x".repeat(1_025))),
        ("password", json!(12_345_678)),
        ("role", json!("staff")),
        ("id", json!("acc_00000000000000000000000000")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = app.call(None, Method::POST, "/v1/accounts", body.clone()).await;
        assert!(answer.status.is_client_error(), "{body}");
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/{field}"), "{body} {}", answer.body);
        assert!(!answer.body.to_string().contains("short"), "a password is not repeated");
    }
    assert_eq!(app.register("ada@example.com").await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn the_database_gives_nobody_a_way_in() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let before = app.mails();
    app.call(None, Method::POST, "/v1/password-resets", json!({"email": "ada@example.com"})).await;
    let reset = app.mailed_token(before).await;
    let tokens = app.tokens("ada@example.com").await.body;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    app.test.db.close().await;
    let mut found_the_account = false;
    for entry in std::fs::read_dir(app.test.folder()).unwrap() {
        // The log's files go as their last reader closes, which may be now.
        let Ok(bytes) = std::fs::read(entry.unwrap().path()) else { continue };
        let email = b"ada@example.com";
        found_the_account |= bytes.windows(email.len()).any(|window| window == email);
        let secret = data_encoding::BASE64URL_NOPAD.decode(&session.as_bytes()["mss_".len()..]).unwrap();
        let raw = |token: &str| {
            let upper = token[4..].to_ascii_uppercase();
            data_encoding::BASE32_NOPAD.decode(upper.as_bytes()).unwrap()[..32].to_vec()
        };
        let (raw_reset, raw_refresh) = (raw(&reset), raw(refresh));
        for hidden in [
            PASSWORD.as_bytes(),
            session.as_bytes(),
            &secret,
            reset.as_bytes(),
            &raw_reset,
            refresh.as_bytes(),
            &raw_refresh,
        ] {
            assert!(!bytes.windows(hidden.len()).any(|window| window == hidden), "a secret is in the files");
        }
    }
    assert!(found_the_account, "the files that were searched are not the account's");
}

#[tokio::test]
async fn too_many_passwords_at_once_are_refused_and_not_queued_without_end() {
    let app = TestApp::with_cpu(CpuPool::new(1, 1).unwrap()).await;
    let held = app.hold_a_thread().await;
    let calls = futures::future::join_all((0..4).map(|_| app.log_in("ada@example.com", PASSWORD)));
    let release = async {
        crate::sessions::nap().await;
        held.let_go();
    };
    let (answers, ()) = tokio::join!(calls, release);
    let refused = answers.iter().filter(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE).count();
    assert_eq!(refused, 3);
    held.ended().await;
}
