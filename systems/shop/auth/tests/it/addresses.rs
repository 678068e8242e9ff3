//! The address book, and other people's.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::TestApp;

fn address(name: &str) -> Value {
    json!({
        "name": name, "line1": "1 Main Street", "line2": "", "city": "London", "postcode": "N1 1AA", "country": "GB",
    })
}

#[tokio::test]
async fn a_book_is_its_owners_alone() {
    let app = TestApp::start().await;
    let (_, ada) = app.customer("ada@example.com").await;
    let (_, eve) = app.customer("eve@example.com").await;
    let saved = app.call(Some(&ada), Method::POST, "/v1/addresses", address("Ada")).await;
    assert_eq!(saved.status, StatusCode::CREATED);
    let path = format!("/v1/addresses/{}", saved.body["id"].as_str().unwrap());
    let list = app.call(Some(&eve), Method::GET, "/v1/addresses", Value::Null).await;
    assert_eq!(list.body, json!({"addresses": []}));
    for session in [Some(eve.as_str()), None] {
        let answer = app.call(session, Method::DELETE, &path, Value::Null).await;
        let expected = if session.is_some() { StatusCode::NOT_FOUND } else { StatusCode::UNAUTHORIZED };
        assert_eq!(answer.status, expected);
    }
    let list = app.call(Some(&ada), Method::GET, "/v1/addresses", Value::Null).await;
    assert_eq!(list.body, json!({"addresses": [saved.body]}));
    assert_eq!(app.call(Some(&ada), Method::DELETE, &path, Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.call(Some(&ada), Method::DELETE, &path, Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn fields_are_checked_and_the_book_is_bounded() {
    let app = TestApp::start().await;
    let (_, ada) = app.customer("ada@example.com").await;
    for (field, value) in [
        ("name", json!("")),
        ("line1", json!("x".repeat(201))),
        ("city", json!("Lon\ndon")),
        ("country", json!("gb")),
        ("country", json!("GBR")),
        ("postcode", Value::Null),
        ("planet", json!("Earth")),
    ] {
        let mut body = address("Ada");
        body[field] = value;
        let answer = app.call(Some(&ada), Method::POST, "/v1/addresses", body.clone()).await;
        assert!(answer.status.is_client_error(), "{body}");
        assert_eq!(answer.body["errors"][0]["pointer"], format!("/{field}"), "{}", answer.body);
    }
    for _ in 0..50 {
        app.call(Some(&ada), Method::POST, "/v1/addresses", address("Ada")).await;
    }
    let full = app.call(Some(&ada), Method::POST, "/v1/addresses", address("Ada")).await;
    assert_eq!(full.code(), "auth.too_many_addresses");
    for path in ["/v1/addresses/1", "/v1/addresses/acc_00000000000000000000000000"] {
        assert_eq!(
            app.call(Some(&ada), Method::DELETE, path, Value::Null).await.status,
            StatusCode::NOT_FOUND
        );
    }
}
