//! A cart and its checkouts: once, again, two at once, and undone before it was done.

use futures::future::join_all;
use http::StatusCode;
use serde_json::json;
use shop_cart_contracts::codes::{CHECKOUT_RUNNING, EMPTY, INCOMPLETE, UNLOCKED};

use crate::app::{TestApp, checkout, visitor};

#[tokio::test]
async fn a_lock_answers_what_was_frozen_and_a_repeat_the_same() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.complete_cart(&who).await;
    let first = app.lock(id, checkout(1)).await.unwrap();
    assert_eq!(first, app.lock(id, checkout(1)).await.unwrap());
    assert_eq!((first.currency.as_str(), first.email.as_str()), ("GBP", "ada@example.org"));
    assert_eq!((first.shipping_method.as_str(), first.payment_token.as_str()), ("standard", "tok_ok"));
    assert_eq!(first.address.unwrap().city, "London");
    assert_eq!((first.lines.len(), first.lines[0].quantity), (1, 2));
    for refused in [
        app.add(&who, id, 1, 1).await,
        app.remove(&who, id, 1).await,
        app.put(&who, id, "payment", json!({ "token": "tok_other" })).await,
    ] {
        assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "cart.checkout_running"));
    }
    assert_eq!(app.get(&who, id).await.expect(StatusCode::OK)["state"], "checkout");
    for _ in 0..2 {
        app.unlock(id, checkout(1)).await.unwrap();
        app.add(&who, id, 1, 1).await.expect(StatusCode::OK);
    }
    assert_eq!(app.lines(&who, id).await, [(1, 4)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tabs_one_checks_out() {
    let app = TestApp::start().await;
    let id = app.complete_cart(&visitor(1)).await;
    let tabs = join_all((1..=20).map(|number| app.lock(id, checkout(number)))).await;
    assert_eq!(tabs.iter().filter(|tab| tab.is_ok()).count(), 1);
    assert!(tabs.into_iter().filter_map(Result::err).all(|refused| refused.is(&CHECKOUT_RUNNING)));
}

#[tokio::test]
async fn an_unlock_that_overtakes_its_lock_wins() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.complete_cart(&who).await;
    for _ in 0..2 {
        app.unlock(id, checkout(1)).await.unwrap();
    }
    let late = app.lock(id, checkout(1)).await.unwrap_err();
    assert!(late.is(&UNLOCKED) && !late.is_temporary());
    app.lock(id, checkout(2)).await.unwrap();
    app.unlock(id, checkout(1)).await.unwrap();
    let held = app.lock(id, checkout(3)).await.unwrap_err();
    assert!(held.is(&CHECKOUT_RUNNING), "another checkout's unlock thaws nothing");
    app.unlock(id, checkout(2)).await.unwrap();
    assert!(app.lock(id, checkout(2)).await.unwrap_err().is(&UNLOCKED), "and its own lock is over for good");
    app.unlock(crate::app::CartId::from_bytes([66; 16]), checkout(4)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_bought_is_not_locked() {
    let app = TestApp::start().await;
    let who = visitor(1);
    let id = app.cart(&who).await;
    assert!(app.lock(id, checkout(1)).await.unwrap_err().is(&EMPTY));
    app.add(&who, id, 1, 1).await.expect(StatusCode::OK);
    app.put(&who, id, "shipping", json!({ "method": "standard" })).await.expect(StatusCode::OK);
    let refused = app.lock(id, checkout(1)).await.unwrap_err();
    assert!(refused.is(&INCOMPLETE));
    let fields: Vec<_> = refused.fields().iter().map(|field| field.path.as_str()).collect();
    assert_eq!(fields, ["address", "payment"]);
    let unknown = app.lock(crate::app::CartId::from_bytes([66; 16]), checkout(1)).await.unwrap_err();
    assert_eq!(unknown.code(), "cart.unknown");
    assert_eq!(app.get(&who, id).await.body["state"], "open");
}
