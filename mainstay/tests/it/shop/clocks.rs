//! The wall clock is set while people buy: ahead of every hold's end, and back.
//!
//! Nothing may be sold twice or charged in vain, everybody gets an answer that holds, and everything ends. What is
//! allowed is that a hold ends early or late, since its end is a moment of the wall clock.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::books::Books;
use super::client::spawn;
use super::goods::variants;
use super::inside::{Inside, Ticking};

const PATIENCE: Duration = Duration::from_secs(60);

/// Past the end of every hold (15 minutes) and of every token between services.
const STEP: Duration = Duration::from_secs(2 * 3_600);

/// Buyers who come one after the other, while the clock is set.
const BUYERS: usize = 24;

/// What may come of a checkout whose time was taken away.
const REFUSALS: [&str; 4] =
    ["orders.payment_timeout", "inventory.hold_expired", "inventory.out_of_stock", "orders.checkout_expired"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Ahead,
    Back,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_ahead_past_every_hold_costs_nobody_money() {
    the_clock_is_set(Way::Ahead).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_costs_nobody_money() {
    the_clock_is_set(Way::Back).await;
}

async fn the_clock_is_set(way: Way) {
    let folder = tempfile::tempdir().unwrap();
    let time = Ticking::start();
    let settings = ["shop.test_provider.late_ms=700", "shop.test_provider.held_back_ms=300"];
    let shop = Inside::start(folder.path(), &settings, mainstay::engines::all(), time.clock.clone()).await;
    let goods = variants();

    // One who is at the bank, and one whose bank thinks, when it happens.
    let mut at_the_bank = shop.buyer();
    let cart = at_the_bank.filled_cart(&[(&goods[0], 1)], "tok_challenge").await.unwrap();
    let pending = at_the_bank.check_out(&cart, "challenge").await.unwrap().expect(202);
    assert_eq!(pending["status"], "challenge");

    let buying: Vec<_> = (0..BUYERS)
        .map(|number| {
            let (mut buyer, variant) = (shop.buyer(), goods[number % 4].clone());
            let token = ["tok_ok", "tok_late", "tok_ok", "tok_out_of_order"][number % 4];
            let clock = mainstay_core::Clock::system();
            spawn(async move {
                clock.sleep(Duration::from_millis(60 * number as u64)).await;
                let cart = buyer.filled_cart(&[(&variant, 1)], token).await.unwrap();
                let key = format!("clock-{number}");
                let mut answer = buyer.check_out(&cart, &key).await.unwrap();
                // The same key asks again for as long as the shop says that it is not decided.
                for _ in 0..400 {
                    if answer.status != 202 && answer.status != 503 && answer.status != 504 {
                        break;
                    }
                    clock.sleep(Duration::from_millis(50)).await;
                    answer = buyer.check_out(&cart, &key).await.unwrap();
                }
                (answer.status.as_u16(), answer.code().to_owned())
            })
        })
        .collect();
    mainstay_core::Clock::system().sleep(Duration::from_millis(500)).await;
    match way {
        Way::Ahead => time.step_ahead(STEP),
        Way::Back => time.step_back(STEP),
    }

    // Waits that were put off to a moment of the old time are looked at within a minute of the new one: time is
    // helped along for those who are still waiting.
    mainstay_core::Clock::system().sleep(Duration::from_secs(4)).await;
    let hurrying = spawn({
        let hand = time.manual.clone();
        async move {
            loop {
                mainstay_core::Clock::system().sleep(Duration::from_millis(50)).await;
                hand.advance(Duration::from_secs(1));
            }
        }
    });
    let mut answers = BTreeMap::<(u16, String), i64>::new();
    for buyer in buying {
        *answers.entry(buyer.await.unwrap()).or_default() += 1;
    }
    hurrying.abort();
    let placed = answers.get(&(201, String::new())).copied().unwrap_or_default();
    for (status, code) in answers.keys() {
        let is_clean = *status == 201 || (*status == 409 && REFUSALS.contains(&code.as_str()));
        assert!(is_clean, "{answers:?}");
    }
    // Those who came after the step are not refused for it.
    assert!(placed >= BUYERS as i64 / 2, "{answers:?}");

    // Back at the shop, with the bank's blessing: early enough on one clock, too late on the other.
    let decided = super::provider::decide(pending["challenge_url"].as_str().unwrap(), "pass").await;
    assert!(decided.is_success() || way == Way::Ahead, "{decided}");
    let end = at_the_bank.settled(pending["id"].as_str().unwrap()).await.unwrap();
    match way {
        Way::Ahead => {
            assert_eq!((end.status.as_u16(), end.code()), (409, "orders.payment_timeout"), "{}", end.body);
        }
        Way::Back => drop(end.expect(200)),
    }
    let late = i64::from(way == Way::Back);
    let books = Books::settle(shop.data(), PATIENCE).await;
    assert_eq!(books.orders, placed + late);

    // The clock is put right, and the shop sells as before; what was sold under the wrong time is refunded.
    match way {
        Way::Ahead => time.step_back(STEP),
        Way::Back => time.step_ahead(STEP),
    }
    let mut after = shop.buyer();
    let cart = after.filled_cart(&[(&goods[0], 1)], "tok_ok").await.unwrap();
    let order = after.check_out(&cart, "after").await.unwrap().expect(201);
    Books::settle(shop.data(), PATIENCE).await;
    let path = format!("/v1/orders/{}/cancel", order["id"].as_str().unwrap());
    after.client.post(&path, &json!({"reason": "the clock was wrong"})).await.unwrap().expect(202);
    let books = Books::settle(shop.data(), PATIENCE).await;
    assert_eq!((books.orders, books.refunded_minor > 0), (placed + late + 1, true));
    shop.shop.stop().await.unwrap();
}
