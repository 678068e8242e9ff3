//! Webhooks: which are sent, how they are signed, and what happens while nobody takes them.

use std::time::Duration;

use crate::provider::{Running, SECRET};
use crate::shop::Shop;

fn kinds(events: &[serde_json::Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_an_answer_told_is_not_told_again() {
    let running = Running::start().await;
    running.authorise("pay_1", "tok_ok").await;
    running.capture("pay_1").await;
    running.authorise("pay_2", "tok_decline").await;
    assert_eq!(running.provider.webhooks().await.unwrap(), (0, 0));
    running.stop().await;
}

#[tokio::test]
async fn twice_is_the_same_event_twice_and_signed() {
    let running = Running::start().await;
    let shop = Shop::open(&running.tasks, &running.shutdown, 0).await;
    running.provider.send_webhooks_to(&shop.url);
    running.authorise("pay_1", "tok_twice").await;
    let events = shop.taken(2).await;
    assert_eq!(kinds(&events), ["charge.authorised", "charge.authorised"]);
    assert_eq!(events[0]["id"], events[1]["id"]);
    for (signature, body) in shop.signed() {
        let expected =
            shop_test_provider::sign(SECRET.as_bytes(), running.database.clock.now(), &body).unwrap();
        assert_eq!(signature, expected);
    }
    running.stop().await;
}

#[tokio::test]
async fn out_of_order_tells_the_capture_first() {
    let running = Running::start().await;
    let shop = Shop::open(&running.tasks, &running.shutdown, 0).await;
    running.provider.send_webhooks_to(&shop.url);
    running.authorise("pay_1", "tok_out_of_order").await;
    running.capture("pay_1").await;
    assert_eq!(kinds(&shop.taken(1).await), ["charge.captured"]);
    running.database.manual.advance(Duration::from_secs(3));
    let events = shop.taken(2).await;
    assert_eq!(kinds(&events), ["charge.captured", "charge.authorised"]);
    assert_eq!(events[1]["charge"]["status"], "authorised", "it tells what was true when it happened");
    running.stop().await;
}

#[tokio::test]
async fn a_webhook_is_sent_until_it_is_taken() {
    let running = Running::start().await;
    running.authorise("pay_1", "tok_twice").await;
    assert_eq!(running.provider.webhooks().await.unwrap(), (2, 0), "they wait for an address");
    let shop = Shop::open(&running.tasks, &running.shutdown, 4).await;
    running.provider.send_webhooks_to(&shop.url);
    shop.refused(2).await;
    // In small steps: an attempt that is under way must not run into its time limit.
    while running.provider.webhooks().await.unwrap() != (0, 0) {
        running.database.manual.advance(Duration::from_millis(500));
        mainstay_core::Clock::system().sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(shop.taken(2).await.len(), 2);
    running.stop().await;
}

#[tokio::test]
async fn a_webhook_that_nobody_ever_takes_is_given_up() {
    let running = Running::start().await;
    running.authorise("pay_1", "tok_twice").await;
    // A port that nobody listens on.
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    running.provider.send_webhooks_to(url);
    while running.provider.webhooks().await.unwrap() != (0, 2) {
        running.database.manual.advance(Duration::from_secs(400));
        tokio::task::yield_now().await;
    }
    running.stop().await;
}
