//! Nothing in the shop asks a database the same question once a row: no request, no call between services, no saga, no
//! job. What one piece of work asks is counted by its trace, so it is found wherever the work goes.

use std::collections::BTreeSet;
use std::time::Duration;

use mainstay::shop::SERVICES;
use mainstay_core::Clock;
use mainstay_core::queries::REPEATS_ALLOWED;
use mainstay_sql::insight::RepeatedQuery;
use serde_json::json;

use super::books::Books;
use super::goods::variants;
use super::inside::Inside;

const PATIENCE: Duration = Duration::from_secs(30);

fn found(shop: &Inside) -> Vec<(&'static str, RepeatedQuery)> {
    let databases = SERVICES.iter().filter_map(|service| {
        shop.shop.running().database(service.name).map(|database| (service.name, database))
    });
    databases
        .flat_map(|(name, database)| {
            database.insight().repeated().into_iter().map(move |query| (name, query))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_piece_of_work_repeats_a_query_once_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let engines = mainstay::engines::all().watch_repeats();
    let shop = Inside::start(folder.path(), &[], engines, Clock::system()).await;
    // The demo data is put there product by product, under one trace.
    let seeding: BTreeSet<u128> = found(&shop).iter().map(|(_, query)| query.trace_id).collect();

    // More lines, more orders and more refunds than a query may be repeated.
    let goods = variants();
    let many = REPEATS_ALLOWED as usize + 2;
    assert!(goods.len() >= many, "{} variants", goods.len());
    let lines: Vec<(&str, u32)> = goods.iter().take(many).map(|variant| (variant.as_str(), 1)).collect();

    let mut buyer = shop.buyer();
    let cart = buyer.filled_cart(&lines, "tok_ok").await.unwrap();
    buyer.log_in("ada@shop.example", "kelp-lantern-42").await.unwrap();
    let mut orders = Vec::new();
    for number in 0..many {
        let cart =
            if number == 0 { cart.clone() } else { buyer.filled_cart(&lines, "tok_ok").await.unwrap() };
        buyer.client.get(&format!("/v1/carts/{cart}")).await.unwrap();
        // The first cart follows its owner by an event and may not have come yet.
        let answer = buyer.check_out(&cart, &format!("order-{number}")).await.unwrap();
        if answer.status == 201 {
            orders.push(answer.body["id"].as_str().unwrap().to_owned());
        }
    }
    assert!(orders.len() >= many - 1, "{} orders", orders.len());
    Books::settle(shop.data(), PATIENCE).await;

    let list = buyer.client.get("/v1/orders").await.unwrap().expect(200);
    assert_eq!(list["orders"].as_array().unwrap().len(), orders.len());
    buyer.client.get(&format!("/v1/orders/{}", orders[0])).await.unwrap().expect(200);
    let reason = json!({"reason": "all of it"});
    buyer.client.post(&format!("/v1/orders/{}/cancel", orders[0]), &reason).await.unwrap().expect(202);
    let mut staff = shop.buyer();
    staff.log_in("staff@shop.example", "slate-harbour-17").await.unwrap();
    for (line, variant) in goods.iter().take(many).enumerate() {
        let wish = json!({"lines": [{"variant_id": variant, "quantity": 1}], "reason": "one by one"});
        let path = format!("/v1/orders/{}/refunds", orders[1]);
        staff.client.post_with_key(&path, &format!("refund-{line}"), &wish).await.unwrap().expect(202);
        // One after the other: those that compete for a payment ask again, which is no repeat of a row.
        Books::settle(shop.data(), PATIENCE).await;
    }
    staff.client.get("/v1/reports/sales").await.unwrap().expect(200);
    let products = buyer.client.get("/v1/products").await.unwrap().expect(200);
    assert!(!products["products"].as_array().unwrap().is_empty());
    Books::settle(shop.data(), PATIENCE).await;

    let repeats: Vec<_> = found(&shop)
        .into_iter()
        .filter(|(_, query)| !seeding.contains(&query.trace_id))
        .map(|(database, query)| format!("{database}: {} times {}", query.times, query.sql))
        .collect();
    assert_eq!(repeats, Vec::<String>::new());
    shop.shop.stop().await.unwrap();
}
