//! A payment provider on its bad days.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::books::{Books, mails};
use super::client::{Answer, Client};
use super::goods::variants;
use super::world::World;

const PATIENCE: Duration = Duration::from_secs(30);

// Buys one piece with the token; the first answer and the last.
async fn buy(world: &World, token: &str) -> (Answer, Answer) {
    let mut buyer = world.buyer();
    let cart = buyer.filled_cart(&[(&variants()[0], 1)], token).await.unwrap();
    let first = buyer.check_out(&cart, token).await.unwrap();
    let checkout = first.body["id"].as_str().unwrap_or_default().to_owned();
    if first.status != 202 {
        let again = buyer.check_out(&cart, token).await.unwrap();
        return (first, again);
    }
    let last = buyer.settled(&checkout).await.unwrap();
    (first, last)
}

async fn decide(challenge_url: &str, verdict: &str) {
    let rest = challenge_url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap();
    let mut bank = Client::new(address.parse::<SocketAddr>().unwrap());
    let answer = bank.post(&format!("/{path}/{verdict}"), &json!({})).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_payment_leaves_nothing_behind() {
    let world = World::open();
    let (first, again) = buy(&world, "tok_decline").await;
    assert_eq!((first.status.as_u16(), first.code()), (409, "orders.payment_declined"));
    assert_eq!(again.code(), "orders.payment_declined", "the same key gets the same answer");
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_passed_or_failed() {
    let world = World::open();
    for (verdict, placed) in [("pass", true), ("fail", false)] {
        let mut buyer = world.buyer();
        let cart = buyer.filled_cart(&[(&variants()[0], 1)], "tok_challenge").await.unwrap();
        let pending = buyer.check_out(&cart, verdict).await.unwrap().expect(202);
        assert_eq!(pending["status"], "challenge");
        decide(pending["challenge_url"].as_str().unwrap(), verdict).await;
        let end = buyer.settled(pending["id"].as_str().unwrap()).await.unwrap();
        if placed {
            end.expect(200);
        } else {
            assert_eq!((end.status.as_u16(), end.code()), (409, "orders.payment_declined"));
        }
    }
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_that_nobody_answers_ends_with_the_hold() {
    let world = World::open_with(&["shop.orders.hold_seconds=1"]);
    let (first, last) = buy(&world, "tok_challenge").await;
    assert_eq!(first.status, 202);
    assert_eq!((last.status.as_u16(), last.code()), (409, "orders.payment_timeout"));
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn late_twice_and_out_of_order_come_to_one_order_each() {
    let world = World::open_with(&["shop.test_provider.late_ms=1500", "shop.test_provider.held_back_ms=500"]);
    for token in ["tok_late", "tok_twice", "tok_out_of_order"] {
        let (first, last) = buy(&world, token).await;
        assert!(last.status.is_success(), "{token}: {} {}, then {} {}", first.status, first.body, last.status, last.body);
    }
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!((books.orders, mails(&world.data())), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_lands_after_the_hold_is_let_go() {
    let world = World::open_with(&["shop.orders.hold_seconds=1", "shop.test_provider.late_ms=4000"]);
    let (_, last) = buy(&world, "tok_late").await;
    assert_eq!((last.status.as_u16(), last.code()), (409, "orders.payment_timeout"));
    // The books agree only once the late authorisation has been let go at the provider.
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!((books.orders, books.provider_open), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_never_answers_ends_with_the_hold() {
    let world = World::open_with(&["shop.orders.hold_seconds=2"]);
    let (first, last) = buy(&world, "tok_never").await;
    assert!(first.status == 202 || first.status == 409, "{} {}", first.status, first.body);
    assert_eq!((last.status.as_u16(), last.code()), (409, "orders.payment_timeout"));
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_stale_webhooks_are_refused() {
    let world = World::open();
    let mut attacker = Client::new(world.address());
    let forged: Value = json!({"id": "evt_1", "charge": {"reference": "pay_x", "status": "authorised"}});
    for signature in [None, Some("t=1,v1=00"), Some("v1=zz"), Some("t=99999999999,v1=00ff"), Some("")] {
        let headers: Vec<(&str, &str)> = signature.map(|value| ("provider-signature", value)).into_iter().collect();
        let answer = attacker
            .send(http::Method::POST, "/v1/payments/webhooks/test", &headers, Some(forged.to_string()))
            .await
            .unwrap();
        assert_eq!(answer.status, 401, "{signature:?}: {}", answer.body);
    }
}
