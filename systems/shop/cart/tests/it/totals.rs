//! What a cart costs, or why that is not known.

use http::StatusCode;
use serde_json::json;

use crate::app::{TestApp, address, visitor};

#[tokio::test]
async fn a_cart_is_shown_with_what_it_costs() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    let empty = app.get(&who, id).await.expect(StatusCode::OK);
    assert!(empty.get("totals").is_none() && empty.get("totals_problem").is_none());
    app.add(&who, id, 1, 2).await.expect(StatusCode::OK);
    app.add(&who, id, 2, 1).await.expect(StatusCode::OK);
    let shown = app.get(&who, id).await.expect(StatusCode::OK);
    let pounds = |amount: &str| json!({ "amount": amount, "currency": "GBP" });
    assert_eq!(shown["totals"]["total"], pounds("36.00"), "an estimate for the shop's own country");
    assert_eq!(shown["totals"]["estimate"], true);
    assert_eq!(shown["items"][1]["unit_net"], pounds("10.00"));
    let mut abroad = address();
    abroad["country"] = "NZ".into();
    app.put(&who, id, "address", abroad).await.expect(StatusCode::OK);
    app.put(&who, id, "shipping", json!({ "method": "standard" })).await.expect(StatusCode::OK);
    let shown = app.get(&who, id).await.expect(StatusCode::OK);
    assert_eq!(shown["totals"]["total"], pounds("30.00"), "now it is known where it goes");
    assert_eq!(shown["totals"]["estimate"], false);
}

#[tokio::test]
async fn a_cart_that_cannot_be_priced_is_shown_with_the_reason() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    app.add(&who, id, 10, 1).await.expect(StatusCode::OK);
    let shown = app.get(&who, id).await.expect(StatusCode::OK);
    assert_eq!(shown["totals_problem"]["code"], "pricing.price_missing");
    assert!(shown.get("totals").is_none());
    app.doors.withdraw(shop_pricing_contracts::SERVICE).await;
    let shown = app.get(&who, id).await.expect(StatusCode::OK);
    assert_eq!(shown["totals_problem"]["code"], "rpc.not_connected");
    assert_eq!(shown["items"].as_array().unwrap().len(), 1);
}
