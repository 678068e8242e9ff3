//! Operations, their keys, and who may call.

use axum::http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::provider::Running;

#[tokio::test]
async fn a_charge_from_authorisation_to_refund() {
    let running = Running::start().await;
    let (status, charge) = running.authorise("pay_1", "tok_ok").await;
    assert_eq!((status, charge["status"].as_str()), (StatusCode::OK, Some("authorised")));
    assert_eq!(running.capture("pay_1").await.1["status"], "captured");
    let (_, charge) = running.refund("pay_1", "rfd_1", 200).await;
    assert_eq!(charge["refunds"], json!([{"key": "rfd_1", "amount_minor": 200}]));
    let (status, refused) = running.refund("pay_1", "rfd_2", 1001).await;
    assert_eq!(
        (status, refused["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("test_provider.amount"))
    );
    assert_eq!(running.get("/v1/charges/pay_1").await.1, charge);
    assert_eq!(running.get("/v1/operations/rfd_1").await.1, charge);
    assert_eq!(running.get("/v1/operations/rfd_2").await.0, StatusCode::NOT_FOUND);
    assert_eq!(running.get("/v1/charges/pay_2").await.0, StatusCode::NOT_FOUND);
    running.stop().await;
}

#[tokio::test]
async fn a_repeat_under_its_key_changes_nothing_and_another_body_is_refused() {
    let running = Running::start().await;
    let first = running.authorise("pay_1", "tok_ok").await;
    assert_eq!(running.authorise("pay_1", "tok_ok").await, first);
    let dearer = json!({"reference": "pay_1", "amount_minor": 9, "currency": "GBP", "token": "tok_ok"});
    let refused = running.post("/v1/authorisations", "pay_1", dearer.clone()).await;
    assert_eq!(refused.1["code"], "test_provider.key_reused");
    let refused = running.post("/v1/authorisations", "another-key", dearer).await;
    assert_eq!(refused.1["code"], "test_provider.key_reused");
    running.capture("pay_1").await;
    assert_eq!(running.capture("pay_1").await.0, StatusCode::OK);
    let again = running.post("/v1/captures", "key-2", json!({"reference": "pay_1"})).await;
    assert_eq!((again.0, again.1["code"].as_str()), (StatusCode::CONFLICT, Some("test_provider.status")));
    running.refund("pay_1", "rfd_1", 200).await;
    running.refund("pay_1", "rfd_1", 200).await;
    assert_eq!(running.refund("pay_1", "rfd_1", 300).await.1["code"], "test_provider.key_reused");
    assert_eq!(running.refund("pay_1", "pay_1:capture", 200).await.1["code"], "test_provider.key_reused");
    let (_, list) = running.get("/v1/charges").await;
    assert_eq!(list["charges"][0]["refunds"].as_array().unwrap().len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn concurrent_repeats_are_one_charge() {
    let running = Running::start().await;
    let calls = (0..20).map(|_| running.authorise("pay_1", "tok_ok"));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let (_, list) = running.get("/v1/charges").await;
    assert_eq!(list["charges"].as_array().unwrap().len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn the_list_is_paged_in_the_order_of_making() {
    let running = Running::start().await;
    for number in 0..5 {
        running.authorise(&format!("pay_{number}"), "tok_ok").await;
    }
    let mut seen = Vec::new();
    let mut after = 0;
    loop {
        let (_, page) = running.get(&format!("/v1/charges?after={after}&limit=2")).await;
        let page = page["charges"].as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        after = last["number"].as_i64().unwrap();
        seen.extend(page.iter().map(|charge| charge["reference"].as_str().unwrap().to_owned()));
    }
    assert_eq!(seen, ["pay_0", "pay_1", "pay_2", "pay_3", "pay_4"]);
    running.stop().await;
}

#[tokio::test]
async fn charges_survive_the_process() {
    let mut running = Running::start().await;
    running.authorise("pay_1", "tok_ok").await;
    running.shutdown.request();
    running.database.reopen().await;
    let (tasks, shutdown) = (mainstay_core::Tasks::new(), mainstay_core::Shutdown::new());
    let options = shop_test_provider::Options::new(crate::provider::KEY, crate::provider::SECRET);
    running.provider = shop_test_provider::TestProvider::start(
        running.database.db.clone(),
        options,
        &tasks,
        shutdown.clone(),
    )
    .await
    .unwrap();
    assert_eq!(running.get("/v1/charges/pay_1").await.1["status"], "authorised");
    shutdown.request();
}

#[tokio::test]
async fn who_has_no_key_is_told_nothing() {
    let running = Running::start().await;
    running.authorise("pay_1", "tok_ok").await;
    let url = running.provider.url();
    for header in
        ["", "Bearer", "Bearer ", "Bearer key_tesu", "Bearer key_test ", "Basic key_test", "key_test"]
    {
        for (method, path) in [
            (Method::GET, "/v1/charges"),
            (Method::GET, "/v1/charges/pay_1"),
            (Method::GET, "/v1/operations/pay_1"),
            (Method::POST, "/v1/captures"),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(format!("{url}{path}"))
                .header("authorization", header)
                .header("idempotency-key", "k")
                .body(Full::from(r#"{"reference":"pay_1"}"#))
                .unwrap();
            // HTTP strips white space around a value, so that one is the right key.
            let expected = if header == "Bearer key_test " { continue } else { StatusCode::UNAUTHORIZED };
            assert_eq!(running.raw(request).await.0, expected, "{header:?} {path}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn nonsense_is_refused_and_changes_nothing() {
    let running = Running::start().await;
    let good = json!({"reference": "pay_1", "amount_minor": 1, "currency": "GBP", "token": "tok_ok"});
    for (field, value) in [
        ("amount_minor", json!(0)),
        ("amount_minor", json!(-5)),
        ("amount_minor", json!(1.5)),
        ("amount_minor", json!("1")),
        ("amount_minor", json!(1e30)),
        ("currency", json!("gbp")),
        ("currency", Value::Null),
        ("reference", json!("")),
        ("reference", json!("x".repeat(201))),
        ("token", json!(7)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let (status, _) = running.post("/v1/authorisations", "k", body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let (status, _) = running.send(Method::POST, "/v1/authorisations", None, good.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "without a key");
    let (status, _) = running.post("/v1/authorisations", &"k".repeat(300), good).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "with a long key");
    let large = json!({"reference": "x".repeat(100_000)});
    assert_eq!(running.post("/v1/captures", "k", large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(running.get("/v1/charges").await.1, json!({"charges": []}));
    running.stop().await;
}
