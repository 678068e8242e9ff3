//! Passwords, changed and set anew, by hook and by crook.

use std::time::Duration;

use http::{Method, StatusCode};
use mainstay_core::CpuPool;
use serde_json::{Value, json};

use crate::app::{Answer, PASSWORD, TestApp};

const NEW: &str = "a better battery";

async fn ask(app: &TestApp, email: &str) -> Answer {
    app.call(None, Method::POST, "/v1/password-resets", json!({"email": email})).await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    app.call(None, Method::POST, "/v1/password-resets/confirm", body).await
}

async fn change(app: &TestApp, session: &str, old: &str, new: &str) -> Answer {
    let body = json!({"old_password": old, "new_password": new});
    app.call(Some(session), Method::PUT, "/v1/password", body).await
}

#[tokio::test]
async fn a_reset_sets_the_password_once_and_logs_everybody_out() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let refresh = app.tokens("ada@example.com").await.body["refresh_token"].as_str().unwrap().to_owned();
    let wanted = json!({"name": "stock robot", "scopes": ["carts"]});
    let key = app.call(Some(&session), Method::POST, "/v1/api-keys", wanted).await.body["key"].clone();
    let key = key.as_str().unwrap();
    assert!(app.is_let_in(&session).await && app.is_let_in(key).await);
    ask(&app, "Ada@example.com").await;
    let first = app.mailed_token(1).await;
    ask(&app, "ada@example.com").await;
    let second = app.mailed_token(2).await;
    assert_eq!(reset(&app, &second, "short").await.code(), "http.body_invalid");
    assert_eq!(reset(&app, &second, NEW).await.status, StatusCode::NO_CONTENT);
    assert!(!app.is_let_in(&session).await && !app.is_let_in(key).await, "at once");
    let mail = app.mail(3).await;
    assert_eq!(mail.subject(), "Your password was set anew");
    assert!(mail.text().contains("every API key of your account is revoked"), "{}", mail.text());
    for used in [&second, &first] {
        assert_eq!(reset(&app, used, "yet another one").await.code(), "auth.link_refused");
    }
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.code(), "auth.wrong_login");
    assert_eq!(app.log_in("ada@example.com", NEW).await.status, StatusCode::CREATED);
    assert_eq!(app.refresh(&refresh).await.code(), "auth.refresh_refused");
}

#[tokio::test]
async fn asking_for_a_reset_does_not_tell_who_has_an_account() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    const WORK: &str = "SELECT (SELECT count(*) FROM password_resets) + (SELECT count(*) FROM jobs)";
    let mut seen = Vec::new();
    for email in ["ada@example.com", "eve@example.com"] {
        let before = app.count(WORK).await;
        let answer = ask(&app, email).await;
        seen.push((answer.status, answer.body, app.count(WORK).await - before));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].2, 2, "one reset and one letter each, be it to nobody");
    app.settle().await;
    assert_eq!(app.mails(), 2, "nobody without an account is written to");
    assert_eq!(ask(&app, "no address").await.code(), "http.body_invalid");
}

#[tokio::test]
async fn a_reset_holds_an_hour_and_guesses_cost_what_a_right_one_costs() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    ask(&app, "ada@example.com").await;
    let token = app.mailed_token(1).await;
    for wrong in ["", "mpr_aaaa", &token.replace("mpr_", "mcf_"), &token.to_uppercase()] {
        let before = app.cpu.stats().done;
        assert_eq!(reset(&app, wrong, NEW).await.code(), "auth.link_refused");
        assert_eq!(app.cpu.stats().done - before, 1);
    }
    app.test.manual.advance(Duration::from_secs(3_600));
    assert_eq!(reset(&app, &token, NEW).await.code(), "auth.link_refused");
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_reset_of_nobodys_account_opens_nothing() {
    let app = TestApp::start().await;
    ask(&app, "ada@example.com").await;
    app.sign_up("ada@example.com").await;
    app.settle().await;
    assert_eq!(app.mails(), 1, "a request from before there was an account mails nothing later");
}

#[tokio::test]
async fn who_knows_the_old_password_changes_it_and_goes_on_alone() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    let other = app.log_in("ada@example.com", PASSWORD).await.session();
    let wanted = json!({"name": "stock robot", "scopes": ["carts"]});
    let key = app.call(Some(&other), Method::POST, "/v1/api-keys", wanted).await.body["key"].clone();
    assert!(app.is_let_in(&session).await && app.is_let_in(&other).await);
    let visitor =
        app.call(None, Method::PUT, "/v1/password", json!({"old_password": PASSWORD, "new_password": NEW}));
    assert_eq!(visitor.await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(change(&app, &session, "not the old one", NEW).await.code(), "auth.wrong_login");
    assert_eq!(change(&app, &session, PASSWORD, "short").await.code(), "http.body_invalid");
    let changed = change(&app, &session, PASSWORD, NEW).await;
    assert_eq!(changed.status, StatusCode::CREATED, "{}", changed.body);
    let mail = app.mail(1).await;
    assert_eq!(mail.subject(), "Your password was changed");
    assert!(mail.text().contains("API keys still hold"), "{}", mail.text());
    assert!(app.is_let_in(key.as_str().unwrap()).await, "programs go on");
    assert!(app.is_let_in(&changed.session()).await);
    assert!(!app.is_let_in(&session).await && !app.is_let_in(&other).await);
    assert_eq!(app.log_in("ada@example.com", NEW).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_record_of_another_hash_lets_its_owner_in_and_is_made_anew() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    // What another shop stored for this password: bcrypt of cost 4.
    let foreign = bcrypt::hash_with_salt(PASSWORD, 4, [7; 16]).unwrap().to_string();
    let write = move |tx: &mainstay_sql::Tx<'_>| {
        tx.execute("UPDATE accounts SET password = ?1", &[(&foreign).into()])
    };
    app.test.db.write(&app.ctx, write).await.unwrap();
    assert_eq!(app.log_in("ada@example.com", "not it").await.code(), "auth.wrong_login");
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.status, StatusCode::CREATED);
    assert_eq!(app.count("SELECT password LIKE '$argon2id$%' FROM accounts").await, 1);
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn guesses_are_slowed_down_alike_for_accounts_that_exist_and_that_do_not() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.test.manual.advance(Duration::from_secs(3_600));
    let mut seen = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for _ in 0..8 {
            let answer = app.log_in(email, "wrong").await;
            let wait = answer.headers.get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
            answers.push((answer.status.as_u16(), answer.code().to_owned(), wait));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].iter().filter(|(status, _, _)| *status == 401).count(), 6);
    assert_eq!(seen[0][7], (429, "auth.slow_down".to_owned(), Some("1".to_owned())));
    // The right password waits too, else it would be told from a wrong one; a second later it is let in.
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.code(), "auth.slow_down");
    app.test.manual.advance(Duration::from_secs(1));
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.status, StatusCode::CREATED);
    assert_eq!(app.log_in("ada@example.com", "wrong").await.code(), "auth.wrong_login", "and begins anew");
}

#[tokio::test]
async fn guesses_at_once_are_counted_each() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    app.test.manual.advance(Duration::from_secs(3_600));
    let answers = futures::future::join_all((0..30).map(|_| app.log_in("ada@example.com", "wrong"))).await;
    let tried = answers.iter().filter(|answer| answer.code() == "auth.wrong_login").count();
    assert_eq!(tried, 6);
    assert!(answers.iter().all(|answer| answer.body != Value::Null));
}

#[tokio::test]
async fn logins_and_new_passwords_are_on_record_without_secrets_or_addresses() {
    let app = TestApp::start().await;
    let (account, session) = app.customer("ada@example.com").await;
    app.log_in("ada@example.com", "wrong").await;
    change(&app, &session, PASSWORD, NEW).await;
    let lines = app.test.db.read(&app.ctx, |view| mainstay_audit::list(view, 0, 100)).await.unwrap();
    let done: Vec<_> = lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(done, ["account.create", "account.log_in", "account.password_change", "account.log_in"]);
    assert!(lines.iter().all(|line| line.subject == account));
    let whole = serde_json::to_string(&lines).unwrap();
    for hidden in [PASSWORD, NEW, "ada@example.com", &session, "argon2"] {
        assert!(!whole.contains(hidden), "{hidden} in {whole}");
    }
    let audit = mainstay_audit::Audit::new(&app.secrets);
    let found = mainstay_audit::verify(&app.test.db, &app.ctx, &audit, &[]).await.unwrap();
    assert_eq!((found.lines, found.faults.len()), (4, 0));
}

async fn delayed(app: &TestApp) -> Vec<(String, Value)> {
    let lines = app.test.db.read(&app.ctx, |view| mainstay_audit::list(view, 0, 1_000)).await.unwrap();
    let told = lines.into_iter().filter(|line| line.action == "logins.delayed");
    told.map(|line| (line.subject, serde_json::from_str(&line.after.unwrap()).unwrap())).collect()
}

#[tokio::test]
async fn who_begins_to_be_slowed_down_is_on_record_and_not_each_guess() {
    let app = TestApp::start().await;
    let (account, _) = app.customer("ada@example.com").await;
    // A person who slips five times and is right the sixth time was never slowed down.
    for _ in 0..5 {
        app.log_in("ada@example.com", "wrong").await;
    }
    assert_eq!(app.log_in("ada@example.com", PASSWORD).await.status, StatusCode::CREATED);
    assert_eq!(delayed(&app).await, []);
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..30 {
            app.log_in(email, "wrong").await;
        }
    }
    let line = |failures: u32| json!({"slowed_down": "account from one network", "wrong_guesses": failures, "last_line_of_the_hour": false});
    let begun = [(account.clone(), line(6)), ("no account".to_owned(), line(6))];
    assert_eq!(delayed(&app).await, begun);
    // Somebody patient, for half a day.
    for _ in 0..48 {
        app.test.manual.advance(Duration::from_secs(900));
        app.log_in("ada@example.com", "wrong").await;
    }
    let everywhere = json!({
        "slowed_down": "account from everywhere", "wrong_guesses": 51, "last_line_of_the_hour": false
    });
    assert_eq!(delayed(&app).await[2..], [(account.clone(), line(21)), (account, everywhere)]);
}

#[tokio::test]
async fn many_who_guess_do_not_fill_the_audit_log() {
    let app = TestApp::start().await;
    let (account, _) = app.customer("ada@example.com").await;
    let mut number = 0;
    let mut guess_at_many = async || {
        for _ in 0..30 {
            number += 1;
            for _ in 0..6 {
                app.log_in(&format!("nobody{number}@example.com"), "wrong").await;
            }
            // As if the next came from another network.
            let forget =
                |tx: &mainstay_sql::Tx<'_>| tx.execute("DELETE FROM tallies WHERE failures > 50", &[]);
            app.test.db.write(&app.ctx, forget).await.unwrap();
        }
    };
    guess_at_many().await;
    let told = delayed(&app).await;
    assert_eq!(told.len(), 20);
    let last: Vec<_> = told.iter().map(|(_, line)| line["last_line_of_the_hour"] == true).collect();
    assert_eq!(last.iter().position(|last| *last), Some(19), "and the last one says so");
    for _ in 0..6 {
        app.log_in("ada@example.com", "wrong").await;
    }
    assert_eq!(
        delayed(&app).await.last().unwrap().0,
        account,
        "an account is told although others were many"
    );
    app.test.manual.advance(Duration::from_secs(3_600));
    guess_at_many().await;
    assert_eq!(delayed(&app).await.len(), 20 + 1 + 20);
}

#[tokio::test]
async fn a_login_that_began_before_the_password_changed_does_not_outlive_it() {
    let app = TestApp::with_cpu(CpuPool::new(1, 64).unwrap()).await;
    app.sign_up("ada@example.com").await;
    // The only thread for hashes is held up, so that the login waits with the old record in its hand.
    let held = app.hold_a_thread().await;
    let meanwhile = async {
        for _ in 0..10 {
            crate::sessions::nap().await;
        }
        let change = |tx: &mainstay_sql::Tx<'_>| tx.execute("UPDATE accounts SET password = 'another'", &[]);
        app.test.db.write(&app.ctx, change).await.unwrap();
        held.let_go();
    };
    let (login, ()) = tokio::join!(app.log_in("ada@example.com", PASSWORD), meanwhile);
    assert_eq!(login.code(), "auth.wrong_login", "{}", login.body);
    assert_eq!(app.count("SELECT count(*) FROM sessions").await, 1, "that of the confirmation");
    held.ended().await;
}
