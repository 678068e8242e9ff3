//! A payment provider on its bad days.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::books::{Books, mails};
use super::client::{Answer, Client, spawn};
use super::goods::variants;
use super::world::{Topology, World};

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

/// What the bank answers when the buyer passes or fails the challenge.
pub async fn decide(challenge_url: &str, verdict: &str) -> http::StatusCode {
    let rest = challenge_url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap();
    let mut bank = Client::new(address.parse::<SocketAddr>().unwrap());
    bank.post(&format!("/{path}/{verdict}"), &json!({})).await.unwrap().status
}

pub async fn a_declined_payment_leaves_nothing_behind(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let (first, again) = buy(&world, "tok_decline").await;
    assert_eq!((first.status.as_u16(), first.code()), (409, "orders.payment_declined"));
    assert_eq!(again.code(), "orders.payment_declined", "the same key gets the same answer");
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 0);
}

pub async fn a_challenge_is_passed_or_failed(topology: Topology) {
    let world = World::open(topology, &[]).await;
    for (verdict, placed) in [("pass", true), ("fail", false)] {
        let mut buyer = world.buyer();
        let cart = buyer.filled_cart(&[(&variants()[0], 1)], "tok_challenge").await.unwrap();
        let pending = buyer.check_out(&cart, verdict).await.unwrap().expect(202);
        assert_eq!(pending["status"], "challenge");
        let checkout = format!("/v1/checkouts/{}", pending["id"].as_str().unwrap());
        let next = json!({"self": {"href": checkout}, "passChallenge": {"href": pending["challenge_url"]}});
        assert_eq!(pending["_links"], next);
        assert_eq!(decide(pending["challenge_url"].as_str().unwrap(), verdict).await, 200);
        let end = buyer.settled(pending["id"].as_str().unwrap()).await.unwrap();
        if placed {
            end.expect(200);
        } else {
            assert_eq!((end.status.as_u16(), end.code()), (409, "orders.payment_declined"));
        }
    }
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 1);
}

pub async fn a_challenge_that_nobody_answers_ends_with_the_hold(topology: Topology) {
    let world = World::open(topology, &["shop.orders.hold_seconds=1"]).await;
    let (first, last) = buy(&world, "tok_challenge").await;
    assert_eq!(first.status, 202);
    assert_eq!((last.status.as_u16(), last.code()), (409, "orders.payment_timeout"));
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 0);
}

pub async fn late_twice_and_out_of_order_come_to_one_order_each(topology: Topology) {
    let world =
        World::open(topology, &["shop.test_provider.late_ms=1500", "shop.test_provider.held_back_ms=500"])
            .await;
    for token in ["tok_late", "tok_twice", "tok_out_of_order"] {
        let (first, last) = buy(&world, token).await;
        assert!(
            last.status.is_success(),
            "{token}: {} {}, then {} {}",
            first.status,
            first.body,
            last.status,
            last.body
        );
    }
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!((books.orders, mails(&world.data())), (3, 3));
}

pub async fn a_payment_that_lands_after_the_hold_is_let_go(topology: Topology) {
    let world =
        World::open(topology, &["shop.orders.hold_seconds=1", "shop.test_provider.late_ms=9000"]).await;
    let (_, last) = buy(&world, "tok_late").await;
    assert_eq!((last.status.as_u16(), last.code()), (409, "orders.payment_timeout"));
    // The books agree only once the late authorisation has been let go at the provider.
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!((books.orders, books.provider_open), (0, 0));
}

pub async fn a_payment_that_lands_when_the_goods_are_gone_goes_back_and_the_buyer_is_told(
    topology: Topology,
) {
    let world =
        World::open(topology, &["shop.orders.hold_seconds=1", "shop.test_provider.late_ms=3000"]).await;
    let variant = variants()[0].clone();
    super::attacks::stock(&world, &variant, 1).await;
    let mut slow = world.buyer();
    let cart = slow.filled_cart(&[(&variant, 1)], "tok_late").await.unwrap();
    let slow = spawn(async move { slow.check_out(&cart, "slow").await.unwrap() });
    let clock = mainstay_core::Clock::system();
    clock.sleep(Duration::from_millis(200)).await;
    // The hold ends while the bank thinks; then the piece goes to whoever is there.
    let mut quick = world.buyer();
    let mut bought = false;
    for attempt in 0..20 {
        let cart = quick.filled_cart(&[(&variant, 1)], "tok_ok").await.unwrap();
        bought = quick.check_out(&cart, &format!("quick-{attempt}")).await.unwrap().status == 201;
        if bought {
            break;
        }
        clock.sleep(Duration::from_millis(150)).await;
    }
    assert!(bought, "the hold did not end");
    let refused = slow.await.unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (409, "inventory.hold_expired"),
        "{}",
        refused.body
    );
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!((books.orders, books.provider_open), (1, 0));
    for _ in 0..100 {
        if mails(&world.data()) == 2 {
            return;
        }
        clock.sleep(Duration::from_millis(50)).await;
    }
    panic!("one mail for the order and one for the money that went back, not {}", mails(&world.data()));
}

pub async fn a_provider_that_never_answers_ends_with_the_hold(topology: Topology) {
    let world = World::open(topology, &["shop.orders.hold_seconds=2"]).await;
    let (first, last) = buy(&world, "tok_never").await;
    assert!(first.status == 202 || first.status == 409, "{} {}", first.status, first.body);
    assert_eq!((last.status.as_u16(), last.code()), (409, "orders.payment_timeout"));
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 0);
}

pub async fn forged_and_stale_webhooks_are_refused(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let mut attacker = Client::new(world.address());
    let forged: Value = json!({"id": "evt_1", "charge": {"reference": "pay_x", "status": "authorised"}});
    for signature in [None, Some("t=1,v1=00"), Some("v1=zz"), Some("t=99999999999,v1=00ff"), Some("")] {
        let headers: Vec<(&str, &str)> =
            signature.map(|value| ("provider-signature", value)).into_iter().collect();
        let answer = attacker
            .send(http::Method::POST, "/v1/payments/webhooks/test", &headers, Some(forged.to_string()))
            .await
            .unwrap();
        assert_eq!(answer.status, 401, "{signature:?}: {}", answer.body);
    }
}
