//! Many buyers, few pieces.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::books::Books;
use super::buyer::Buyer;
use super::client::spawn;
use super::goods::variants;
use super::world::{Topology, World};

const PATIENCE: Duration = Duration::from_secs(60);
const BUYERS: usize = 200;
const PIECES: i64 = 50;

// Leaves exactly `pieces` of a variant in stock.
pub async fn stock(world: &World, variant: &str, pieces: i64) {
    let mut staff = world.staff().await;
    let level = staff.client.get(&format!("/v1/stock/{variant}")).await.unwrap().expect(200);
    let delta = pieces - level["available"].as_i64().unwrap();
    let body = json!({"cause": "test:stock", "adjustments": [{"variant_id": variant, "delta": delta}]});
    let answer = staff.client.post("/v1/stock/adjustments", &body).await.unwrap();
    assert!(answer.status.is_success(), "{}", answer.body);
}

// How often each answer came, by status and code.
async fn rush(carts: Vec<(Buyer, String)>) -> BTreeMap<(u16, String), usize> {
    let buying: Vec<_> = carts
        .into_iter()
        .enumerate()
        .map(|(number, (mut buyer, cart))| {
            spawn(async move {
                let answer = buyer.check_out(&cart, &format!("key-{number}")).await.unwrap();
                let checkout = answer.body["id"].as_str().map(str::to_owned);
                // On a slow machine the answer may be 'running'; then it is asked for.
                match checkout.filter(|_| answer.status == 202) {
                    Some(checkout) => buyer.settled(&checkout).await.unwrap(),
                    None => answer,
                }
            })
        })
        .collect();
    let mut answers = BTreeMap::new();
    for answer in buying {
        let answer = answer.await.unwrap();
        // A checkout that was asked for answers 200 where the first answer would be 201.
        let status = if answer.status == 200 { 201 } else { answer.status.as_u16() };
        *answers.entry((status, answer.code().to_owned())).or_default() += 1;
    }
    answers
}

pub async fn two_hundred_buyers_at_once_for_fifty_pieces(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let variant = variants()[0].clone();
    stock(&world, &variant, PIECES).await;
    let mut carts = Vec::new();
    for _ in 0..BUYERS {
        let mut buyer = world.buyer();
        let cart = buyer.filled_cart(&[(&variant, 1)], "tok_ok").await.unwrap();
        carts.push((buyer, cart));
    }
    let answers = rush(carts).await;
    let expected =
        BTreeMap::from([((201, String::new()), 50), ((409, "inventory.out_of_stock".to_owned()), 150)]);
    assert_eq!(answers, expected);
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!((books.orders, books.sold_pieces), (PIECES, PIECES));
}

pub async fn several_lines_of_one_variant_do_not_oversell_it(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let goods = variants();
    stock(&world, &goods[0], PIECES).await;
    let mut carts = Vec::new();
    for _ in 0..60 {
        let mut buyer = world.buyer();
        // The same variant twice, with another between.
        let lines = [(goods[0].as_str(), 1), (goods[1].as_str(), 1), (goods[0].as_str(), 2)];
        let cart = buyer.filled_cart(&lines, "tok_ok").await.unwrap();
        carts.push((buyer, cart));
    }
    let answers = rush(carts).await;
    let sold = answers.get(&(201, String::new())).copied().unwrap_or_default();
    let refused: usize =
        answers.iter().filter(|((status, _), _)| *status == 409).map(|(_, count)| count).sum();
    // Three pieces each: sixteen buyers take 48 of 50.
    assert_eq!((sold, refused), (16, 44), "{answers:?}");
    Books::settle(&world.data(), PATIENCE).await;
}

pub async fn two_tabs_that_pay_one_cart_pay_once(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let variant = variants()[0].clone();
    for round in 0..10 {
        let mut first = world.buyer();
        let cart = first.filled_cart(&[(&variant, 1)], "tok_ok").await.unwrap();
        let mut second = first.another_tab(world.address());
        let (left_key, right_key) = (format!("left-{round}"), format!("right-{round}"));
        let (left, right) =
            tokio::join!(first.check_out(&cart, &left_key), second.check_out(&cart, &right_key));
        let (left, right) = (left.unwrap(), right.unwrap());
        let placed = [&left, &right].iter().filter(|answer| answer.status == 201).count();
        assert_eq!(placed, 1, "{} {} / {} {}", left.status, left.body, right.status, right.body);
        let refused = if left.status == 201 { &right } else { &left };
        assert_eq!(refused.status, 409);
        assert!(["cart.checkout_running", "cart.ordered"].contains(&refused.code()), "{}", refused.body);
    }
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 10);
}
