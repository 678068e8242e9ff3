//! Registering: what is taken, what is refused, and what is stored.

use http::{Method, StatusCode};
use mainstay_core::CpuPool;
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};

#[tokio::test]
async fn one_mailbox_is_one_account() {
    let app = TestApp::start().await;
    let first = app.register("ada@example.com").await;
    assert_eq!(first.status, StatusCode::CREATED);
    assert_eq!(
        (first.body["email"].as_str(), first.body["role"].as_str()),
        (Some("ada@example.com"), Some("customer"))
    );
    assert!(first.body.get("password").is_none());
    let again = app.register(" Ada@Example.COM ").await;
    assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "auth.email_taken"));
}

#[tokio::test]
async fn registrations_at_once_are_one_account() {
    let app = TestApp::start().await;
    let answers = futures::future::join_all((0..8).map(|_| app.register("ada@example.com"))).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(made, 1);
    assert!(answers.iter().all(|answer| answer.status.is_success() || answer.code() == "auth.email_taken"));
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
    assert_eq!(app.register("ada@example.com").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_database_gives_nobody_a_way_in() {
    let app = TestApp::start().await;
    let (_, session) = app.customer("ada@example.com").await;
    app.test.db.close().await;
    let mut found_the_account = false;
    for entry in std::fs::read_dir(app.test.folder()).unwrap() {
        // The log's files go as their last reader closes, which may be now.
        let Ok(bytes) = std::fs::read(entry.unwrap().path()) else { continue };
        let email = b"ada@example.com";
        found_the_account |= bytes.windows(email.len()).any(|window| window == email);
        let secret = data_encoding::BASE64URL_NOPAD.decode(&session.as_bytes()["mss_".len()..]).unwrap();
        for hidden in [PASSWORD.as_bytes(), session.as_bytes(), &secret] {
            assert!(!bytes.windows(hidden.len()).any(|window| window == hidden), "a secret is in the files");
        }
    }
    assert!(found_the_account, "the files that were searched are not the account's");
}

#[tokio::test]
async fn too_many_passwords_at_once_are_refused_and_not_queued_without_end() {
    let app = TestApp::with_cpu(CpuPool::new(1, 1).unwrap()).await;
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (started, running) = tokio::sync::oneshot::channel();
    let pool = app.cpu.clone();
    let busy = mainstay_core::Tasks::new().spawn("busy", async move {
        let work = move || {
            let _ = started.send(());
            wait.recv()
        };
        pool.run(work).await
    });
    running.await.unwrap();
    let calls = futures::future::join_all((0..4).map(|_| app.log_in("ada@example.com", PASSWORD)));
    let release = async {
        crate::sessions::nap().await;
        go.send(()).unwrap();
    };
    let (answers, ()) = tokio::join!(calls, release);
    let refused = answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).count();
    assert_eq!(refused, 3);
    assert!(busy.join().await.unwrap().is_ok());
}
