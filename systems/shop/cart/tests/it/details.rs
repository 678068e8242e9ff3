//! Address, shipping and payment.

use http::StatusCode;
use serde_json::json;

use crate::app::{TestApp, address, visitor};

#[tokio::test]
async fn details_are_kept_and_the_token_is_never_shown() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.complete_cart(&who).await;
    let shown = app.get(&who, id).await.expect(StatusCode::OK);
    assert_eq!(shown["address"]["postcode"], "SW1Y 4JH");
    assert_eq!(shown["address"]["line2"], "");
    assert_eq!(shown["shipping_method"], "standard");
    assert_eq!(shown["payment_set"], true);
    assert!(!shown.to_string().contains("tok_ok"));
}

#[tokio::test]
async fn every_fault_of_an_address_is_named_at_once() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    let refused = app.put(&who, id, "address", json!({ "country": "UK" })).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::UNPROCESSABLE_ENTITY, "http.body_invalid"));
    let mut fields = refused.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["city", "country", "email", "line1", "name"]);
    let mut homeless = address();
    homeless["postcode"] = "".into();
    let refused = app.put(&who, id, "address", homeless).await;
    assert_eq!((refused.code(), refused.fields()), ("core.invalid", vec!["postcode"]));
    let mut forged = address();
    forged["name"] = "Ada\r\nBcc: everybody@example.org".into();
    assert_eq!(app.put(&who, id, "address", forged).await.fields(), ["name"]);
    let mut more = address();
    more["owner"] = "ses_2".into();
    assert_eq!(app.put(&who, id, "address", more).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(app.get(&who, id).await.body["address"].is_null());
}

#[tokio::test]
async fn shipping_and_payment_are_judged_by_their_shape() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    for method in ["", "Next Day", "'; DROP TABLE carts; --"] {
        assert_eq!(app.put(&who, id, "shipping", json!({ "method": method })).await.fields(), ["method"]);
    }
    for token in ["", "4242 4242 4242 4242", "4242424242424242", "tok\u{0}"] {
        let refused = app.put(&who, id, "payment", json!({ "token": token })).await;
        assert_eq!(refused.fields(), ["token"]);
        assert!(token.is_empty() || !refused.body.to_string().contains(token), "a refusal repeats no secret");
    }
}
