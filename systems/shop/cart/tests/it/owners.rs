//! A cart is its buyer's, and for everybody else it does not exist.

use http::{Method, StatusCode};
use mainstay_core::{Id, codes};
use serde_json::{Value, json};

use crate::app::{CartId, TestApp, address, checkout, customer, staff, variant, visitor};

#[tokio::test]
async fn others_find_what_they_would_find_if_it_did_not_exist() {
    let app = TestApp::start().await;
    let owner = visitor(1);
    let id = app.complete_cart(&owner).await;
    let nowhere: CartId = Id::from_bytes([77; 16]);
    let item = format!("items/{}", variant(1));
    let requests = [
        (Method::GET, String::new(), Value::Null),
        (Method::POST, "items".into(), json!({ "variant_id": variant(1).to_string(), "quantity": 1 })),
        (Method::PATCH, item.clone(), json!({ "quantity": 1 })),
        (Method::DELETE, item, Value::Null),
        (Method::PUT, "address".into(), address()),
        (Method::PUT, "shipping".into(), json!({ "method": "standard" })),
        (Method::PUT, "payment".into(), json!({ "token": "tok_ok" })),
    ];
    for (method, what, body) in requests {
        // The same sixteen bytes as an account are somebody else.
        for other in [visitor(2), customer(1)] {
            let path = |id: CartId| format!("/v1/carts/{id}/{what}").trim_end_matches('/').to_owned();
            let foreign = app.doors.call(&other, method.clone(), &path(id), body.clone()).await;
            let absent = app.doors.call(&other, method.clone(), &path(nowhere), body.clone()).await;
            assert_eq!(
                (foreign.status, foreign.code()),
                (StatusCode::NOT_FOUND, "cart.unknown"),
                "{method} {what}"
            );
            assert_eq!(foreign.body["detail"], absent.body["detail"]);
            assert_eq!(foreign.status, absent.status);
        }
    }
    assert_eq!(app.lines(&owner, id).await, [(1, 2)]);
    let list =
        async |who| app.doors.call(&who, Method::GET, "/v1/carts", Value::Null).await.expect(StatusCode::OK);
    assert_eq!(list(visitor(2)).await["carts"], json!([]));
    assert_eq!(list(owner.clone()).await["carts"][0]["id"], id.to_string());
}

#[tokio::test]
async fn staff_have_no_carts_and_see_none() {
    let app = TestApp::start().await;
    let id = app.cart(&visitor(1)).await;
    let refused = app.doors.call(&staff(), Method::POST, "/v1/carts", json!({ "currency": "GBP" })).await;
    assert_eq!(refused.code(), "core.forbidden");
    assert_eq!(app.get(&staff(), id).await.code(), "core.forbidden");
}

#[tokio::test]
async fn a_new_cart_tells_its_address_and_refuses_a_currency_that_is_none() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let made = app.doors.call(&who, Method::POST, "/v1/carts", json!({ "currency": "EUR" })).await;
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let cart = made.expect(StatusCode::CREATED);
    assert_eq!(place, format!("/v1/carts/{}", cart["id"].as_str().unwrap()));
    assert_eq!(
        (&cart["currency"], &cart["state"], &cart["version"]),
        (&json!("EUR"), &json!("open"), &json!(1))
    );
    for absurd in [json!({}), json!({ "currency": "euro" }), json!({ "currency": 978 })] {
        let refused = app.doors.call(&who, Method::POST, "/v1/carts", absurd).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn a_checkout_locks_only_for_the_buyer_whose_cart_it_is() {
    let app = TestApp::start().await;
    let owner = visitor(1);
    let id = app.complete_cart(&owner).await;
    let behalf_of = |who| app.ctx.with_on_behalf_of(Some(who));
    let stolen = app.lock_as(&behalf_of(visitor(2)), id, checkout(1)).await.unwrap_err();
    assert_eq!(stolen.code(), "cart.unknown");
    let direct = app.lock_as(&app.ctx.with_principal(owner.clone()), id, checkout(1)).await.unwrap_err();
    assert!(direct.is(&codes::FORBIDDEN), "a buyer cannot pass the checkout by");
    let frozen = app.lock_as(&behalf_of(owner.clone()), id, checkout(1)).await.unwrap();
    assert_eq!(frozen.owner, owner.to_string());
}
