//! Only what is possible now is offered.

use http::StatusCode;

use crate::app::{TestApp, visitor};

fn offered(cart: &serde_json::Value) -> Vec<String> {
    cart["_links"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn an_open_cart_offers_its_changes_and_buying_only_when_it_is_complete() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let empty = app.cart(&who).await;
    let shown = app.get(&who, empty).await.expect(StatusCode::OK);
    assert_eq!(offered(&shown), ["addItem", "self", "setAddress", "setPayment", "setShipping"]);
    assert_eq!(shown["_links"]["self"]["href"], format!("/v1/carts/{empty}"));

    let complete = app.complete_cart(&who).await;
    let shown = app.get(&who, complete).await.expect(StatusCode::OK);
    let buy = &shown["_links"]["createCheckout"];
    assert_eq!((buy["method"].as_str(), buy["href"].as_str()), (Some("POST"), Some("/v1/checkouts")));
}
