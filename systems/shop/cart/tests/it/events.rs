//! What logins and orders do to carts.

use http::{Method, StatusCode};
use mainstay_core::Principal;
use serde_json::{Value, json};
use shop_auth_contracts::LoggedIn;
use shop_orders_contracts::order_event::Fact;
use shop_orders_contracts::{OrderEvent, OrderPaid, OrderPlaced};

use crate::app::{CartId, CheckoutId, TestApp, checkout, customer, lines, visitor};

fn login(account: u8, session: u8) -> LoggedIn {
    LoggedIn { account_id: vec![account; 16], anonymous_session_id: vec![session; 16] }
}

fn placed(id: CartId, checkout: CheckoutId) -> OrderEvent {
    let placed =
        OrderPlaced { cart_id: id.to_vec(), checkout_id: checkout.to_vec(), ..OrderPlaced::default() };
    OrderEvent { order_id: checkout.to_vec(), fact: Some(Fact::Placed(placed)), ..OrderEvent::default() }
}

async fn carts_of(app: &TestApp, who: &Principal) -> Vec<Value> {
    let list = app.doors.call(who, Method::GET, "/v1/carts", Value::Null).await.expect(StatusCode::OK);
    list["carts"].as_array().unwrap().clone()
}

async fn until_logged_in(app: &TestApp, session: &Principal) {
    app.until(async || carts_of(app, session).await.is_empty()).await;
}

#[tokio::test]
async fn a_visitors_cart_joins_the_customers_and_repeats_double_nothing() {
    let app = TestApp::start().await;
    let (visitor, customer) = (visitor(1), customer(2));
    let theirs = app.cart(&customer).await;
    app.add(&customer, theirs, 1, 2).await.expect(StatusCode::OK);
    let brought = app.complete_cart(&visitor).await;
    app.add(&visitor, brought, 3, 5).await.expect(StatusCode::OK);
    // The same login told three times, as different messages: the inbox does not know them, the rule must.
    for _ in 0..3 {
        app.tell_login(login(2, 1)).await;
    }
    app.begin_background();
    until_logged_in(&app, &visitor).await;
    app.tell_order(placed(brought, checkout(9))).await;
    app.until(async || app.get(&customer, theirs).await.body["state"] == "ordered").await;
    let cart = app.get(&customer, theirs).await.expect(StatusCode::OK);
    assert_eq!(lines(&cart), [(1, 4), (3, 5)]);
    assert_eq!(cart["address"]["city"], "London", "what was missing came along");
    let by_old_address = app.get(&customer, brought).await.expect(StatusCode::OK);
    assert_eq!(by_old_address["id"], theirs.to_string(), "the address that the browser holds stays good");
    assert_eq!(app.get(&visitor, brought).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn changes_and_checkouts_by_the_old_address_reach_the_merged_cart() {
    let app = TestApp::start().await;
    let (visitor, customer) = (visitor(1), customer(2));
    let theirs = app.complete_cart(&customer).await;
    let brought = app.complete_cart(&visitor).await;
    app.tell_login(login(2, 1)).await;
    app.begin_background();
    until_logged_in(&app, &visitor).await;
    let changed = app.add(&customer, brought, 1, 1).await.expect(StatusCode::OK);
    assert_eq!((lines(&changed), &changed["id"]), (vec![(1, 5)], &json!(theirs.to_string())));
    assert_eq!(app.lock(brought, checkout(1)).await.unwrap().lines[0].quantity, 5);
    assert_eq!(app.lock(theirs, checkout(2)).await.unwrap_err().code(), "cart.checkout_running");
    app.unlock(brought, checkout(1)).await.unwrap();
    assert_eq!(app.remove(&customer, brought, 1).await.expect(StatusCode::OK)["items"], json!([]));
    assert_eq!(app.lines(&customer, theirs).await, []);
}

#[tokio::test]
async fn carts_that_do_not_go_together_change_hands_as_they_are() {
    let app = TestApp::start().await;
    let (visitor, customer) = (visitor(1), customer(2));
    let theirs = app.cart(&customer).await;
    app.add(&customer, theirs, 1, 10_000).await.expect(StatusCode::OK);
    let too_much = app.cart(&visitor).await;
    app.add(&visitor, too_much, 1, 1).await.expect(StatusCode::OK);
    let euros = app.doors.call(&visitor, Method::POST, "/v1/carts", json!({ "currency": "EUR" })).await;
    let euros: CartId = euros.expect(StatusCode::CREATED)["id"].as_str().unwrap().parse().unwrap();
    app.tell_login(login(2, 1)).await;
    app.begin_background();
    until_logged_in(&app, &visitor).await;
    assert_eq!(carts_of(&app, &customer).await.len(), 3);
    assert_eq!(app.lines(&customer, too_much).await, [(1, 1)]);
    assert_eq!(app.lines(&customer, theirs).await, [(1, 10_000)]);
    app.add(&customer, euros, 2, 1).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn a_login_in_the_middle_of_a_checkout_disturbs_it_not() {
    let app = TestApp::start().await;
    let (visitor, customer) = (visitor(1), customer(2));
    let theirs = app.cart(&customer).await;
    app.add(&customer, theirs, 2, 1).await.expect(StatusCode::OK);
    let id = app.complete_cart(&visitor).await;
    let as_visitor = app.ctx.with_on_behalf_of(Some(visitor.clone()));
    app.lock_as(&as_visitor, id, checkout(1)).await.unwrap();
    app.tell_login(login(2, 1)).await;
    app.begin_background();
    until_logged_in(&app, &visitor).await;
    let again = app.lock_as(&as_visitor, id, checkout(1)).await.unwrap();
    assert_eq!(again.lines.len(), 1, "the saga may repeat its step");
    assert_eq!(app.get(&customer, id).await.expect(StatusCode::OK)["state"], "checkout");
    app.unlock(id, checkout(1)).await.unwrap();
    app.add(&customer, id, 1, 1).await.expect(StatusCode::OK);
    assert_eq!(app.lines(&customer, theirs).await, [(2, 1)]);
}

#[tokio::test]
async fn a_login_without_a_former_session_moves_nothing() {
    let app = TestApp::start().await;
    let id = app.complete_cart(&visitor(1)).await;
    app.tell_login(LoggedIn { account_id: vec![2; 16], anonymous_session_id: Vec::new() }).await;
    app.tell_login(login(2, 3)).await;
    app.tell_order(placed(id, checkout(1))).await;
    app.begin_background();
    app.until(async || app.get(&visitor(1), id).await.body["state"] == "ordered").await;
    assert!(carts_of(&app, &customer(2)).await.is_empty());
}

#[tokio::test]
async fn an_order_ends_its_cart_for_good() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.complete_cart(&who).await;
    app.lock(id, checkout(1)).await.unwrap();
    let paid = OrderEvent { fact: Some(Fact::Paid(OrderPaid::default())), ..placed(id, checkout(1)) };
    for event in [placed(id, checkout(1)), paid, placed(id, checkout(1))] {
        app.tell_order(event).await;
    }
    app.begin_background();
    app.until(async || app.get(&who, id).await.body["state"] == "ordered").await;
    assert_eq!(app.lock(id, checkout(2)).await.unwrap_err().code(), "cart.ordered");
    assert_eq!(app.lock(id, checkout(1)).await.unwrap().payment_token, "", "the means of payment is let go");
    assert!(app.get(&who, id).await.body.get("totals").is_none(), "the order's prices count, not today's");
    app.unlock(id, checkout(1)).await.unwrap();
    let refused = app.add(&who, id, 1, 1).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "cart.ordered"));
    assert!(carts_of(&app, &who).await.is_empty());
}
