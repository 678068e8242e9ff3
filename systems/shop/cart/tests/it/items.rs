//! Putting in, changing, taking out; one at a time and many at once.

use std::sync::atomic::Ordering;

use futures::future::join_all;
use http::StatusCode;
use serde_json::json;

use crate::app::{TestApp, lines, variant, visitor};
use crate::peers::unknown_variant;

#[tokio::test]
async fn a_cart_is_filled_and_emptied() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    let cart = app.add(&who, id, 1, 2).await.expect(StatusCode::OK);
    assert_eq!(cart["items"][0]["name"], "Mug", "the only variant needs no words of its own");
    assert_eq!(cart["items"][0]["sku"], "SKU-1");
    assert!(cart.get("totals").is_none(), "a change is not priced");
    let cart = app.add(&who, id, 2, 1).await.expect(StatusCode::OK);
    assert_eq!(cart["items"][1]["name"], "Mug, colour 2");
    let cart = app.add(&who, id, 1, 3).await.expect(StatusCode::OK);
    assert_eq!(lines(&cart), [(1, 5), (2, 1)]);
    assert_eq!(cart["version"], 4);
    assert_eq!(lines(&app.set_quantity(&who, id, 1, 4).await.expect(StatusCode::OK)), [(1, 4), (2, 1)]);
    assert_eq!(lines(&app.set_quantity(&who, id, 2, 0).await.expect(StatusCode::OK)), [(1, 4)]);
    for _ in 0..2 {
        assert_eq!(lines(&app.remove(&who, id, 1).await.expect(StatusCode::OK)), []);
    }
    assert_eq!(app.set_quantity(&who, id, 1, 4).await.code(), "cart.line_unknown");
    assert_eq!(app.lines(&who, id).await, [], "what the answers said was stored");
}

#[tokio::test]
async fn what_is_not_sold_and_bad_quantities_are_refused_with_the_field() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    for number in [unknown_variant().as_bytes()[0], 99] {
        let refused = app.add(&who, id, number, 1).await;
        assert_eq!((refused.code(), refused.fields()), ("cart.not_sold", vec!["variant_id"]));
    }
    for quantity in [0, 10_001, u32::MAX] {
        let refused = app.add(&who, id, 1, quantity).await;
        assert_eq!(
            (refused.status, refused.fields()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["quantity"]),
            "{quantity}"
        );
    }
    app.add(&who, id, 1, 10_000).await.expect(StatusCode::OK);
    let full = app.add(&who, id, 1, 1).await;
    assert_eq!((full.status, full.code()), (StatusCode::CONFLICT, "cart.too_large"));
    let path = format!("/v1/carts/{id}/items");
    for absurd in [
        json!({}),
        json!({ "variant_id": "var_1", "quantity": 1 }),
        json!({ "variant_id": variant(1).to_string(), "quantity": -1 }),
        json!({ "variant_id": variant(1).to_string(), "quantity": 4_294_967_296_u64 }),
        json!({ "variant_id": variant(1).to_string(), "quantity": 1, "price": "0.01" }),
    ] {
        let refused = app.doors.call(&who, http::Method::POST, &path, absurd).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    }
    assert_eq!(app.lines(&who, id).await, [(1, 10_000)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_at_once_lose_nothing() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    // Two tabs and a nervous finger: additions of the same and of other variants, and changes beside them.
    let additions = (0..120u8).map(|number| app.add(&who, id, 1 + number % 3, 1));
    let others = (0..40u8).map(async |number| match number % 2 {
        0 => app.put(&who, id, "shipping", json!({ "method": "standard" })).await,
        _ => app.add(&who, id, 4, 2).await,
    });
    let (added, other) = tokio::join!(join_all(additions), join_all(others));
    for answer in added.into_iter().chain(other) {
        answer.expect(StatusCode::OK);
    }
    let cart = app.get(&who, id).await.expect(StatusCode::OK);
    let mut found = lines(&cart);
    found.sort();
    assert_eq!(found, [(1, 40), (2, 40), (3, 40), (4, 40)]);
    assert_eq!(cart["version"], 1 + 160);
    assert_eq!(cart["shipping_method"], "standard");
}

#[tokio::test]
async fn a_change_asks_nobody_but_the_catalogue_and_only_when_something_is_put_in() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.complete_cart(&who).await;
    app.set_quantity(&who, id, 1, 3).await.expect(StatusCode::OK);
    app.remove(&who, id, 1).await.expect(StatusCode::OK);
    assert_eq!(app.catalog.asked.load(Ordering::Relaxed), 1);
    app.doors.withdraw(shop_catalog_contracts::SERVICE).await;
    app.doors.withdraw(shop_pricing_contracts::SERVICE).await;
    let dead = app.add(&who, id, 1, 1).await;
    assert_eq!(dead.status, StatusCode::SERVICE_UNAVAILABLE);
    app.put(&who, id, "shipping", json!({ "method": "express" })).await.expect(StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_one_key_pieces_are_put_in_once() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    for answer in join_all((0..10).map(|_| app.add_once(&who, id, 1, "tap-1"))).await {
        assert_eq!(lines(&answer.expect(StatusCode::OK)), [(1, 1)]);
    }
    app.add_once(&who, id, 1, "tap-2").await.expect(StatusCode::OK);
    assert_eq!(app.lines(&who, id).await, [(1, 2)]);
    let other = app.add_once(&who, id, 2, "tap-1").await;
    assert_eq!((other.status, other.code()), (StatusCode::UNPROCESSABLE_ENTITY, "http.idempotency_mismatch"));
    assert_eq!(app.add_once(&who, id, 1, &"k".repeat(300)).await.status, StatusCode::BAD_REQUEST);
    let stranger = visitor(2);
    let theirs = app.cart(&stranger).await;
    app.add_once(&stranger, theirs, 2, "tap-1").await.expect(StatusCode::OK);
    assert_eq!(app.lines(&stranger, theirs).await, [(2, 1)], "a key is its caller's own");
    assert_eq!(app.get(&who, id).await.body["version"], 3, "a repeat changes nothing, not even the version");
}
