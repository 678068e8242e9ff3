//! What people do in a shop, from the first cart to the money back.

use std::time::Duration;

use serde_json::{Value, json};

use super::books::{Books, mails};
use super::buyer::Buyer;
use super::goods::variants;
use super::world::{Topology, World};

const PATIENCE: Duration = Duration::from_secs(20);

/// The transitions that an order offers to this caller now.
async fn offered(caller: &mut Buyer, order: &str) -> Value {
    caller.client.get(order).await.unwrap().expect(200)["_links"].take()
}

pub async fn a_guest_buys_and_gets_order_mail_and_report(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let goods = variants();
    let mut guest = world.buyer();
    let cart = guest.filled_cart(&[(&goods[0], 2), (&goods[1], 1)], "tok_ok").await.unwrap();
    let priced = guest.client.get(&format!("/v1/carts/{cart}")).await.unwrap().expect(200);
    let order = guest.check_out(&cart, "first").await.unwrap().expect(201);
    assert_eq!(order["lines"].as_array().unwrap().len(), 2);
    assert_eq!(order["total"], priced["totals"]["total"], "{priced:#}");

    let id = order["id"].as_str().unwrap();
    let path = format!("/v1/orders/{id}");
    assert_eq!(guest.client.get(&path).await.unwrap().expect(200)["number"], order["number"]);
    let list = guest.client.get("/v1/orders").await.unwrap().expect(200);
    assert_eq!(list["orders"][0]["id"], id);
    // Somebody else sees nothing of it, not even that it exists.
    let mut stranger = world.buyer();
    assert_eq!(stranger.client.get(&path).await.unwrap().status, 404);
    assert_eq!(stranger.client.get("/v1/reports/sales").await.unwrap().status, 403);

    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!((books.orders, mails(&world.data())), (1, 1));
    let mut staff = world.staff().await;
    let report = staff.client.get("/v1/reports/sales").await.unwrap().expect(200);
    assert_eq!(report["days"][0]["orders"], 1);
    assert_eq!(report["days"][0]["net"], order["net"]);
    assert_eq!(guest.client.get(&path).await.unwrap().expect(200)["state"], "paid");
    // The cart has become the order.
    let again = guest.check_out(&cart, "second").await.unwrap();
    assert_eq!((again.status.as_u16(), again.code()), (409, "cart.ordered"));
}

pub async fn one_key_is_one_checkout_and_another_body_is_refused(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let goods = variants();
    let mut guest = world.buyer();
    let cart = guest.filled_cart(&[(&goods[0], 1)], "tok_ok").await.unwrap();
    let first = guest.check_out(&cart, "key").await.unwrap().expect(201);
    let second = guest.check_out(&cart, "key").await.unwrap().expect(201);
    assert_eq!(first["id"], second["id"]);
    let other = guest.filled_cart(&[(&goods[1], 1)], "tok_ok").await.unwrap();
    let refused = guest.check_out(&other, "key").await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "http.idempotency_mismatch"));
    let missing = guest.client.post("/v1/checkouts", &json!({"cart_id": other})).await.unwrap();
    assert_eq!((missing.status.as_u16(), missing.code()), (400, "http.idempotency_key"));
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 1);
}

pub async fn prices_that_changed_are_not_paid_unseen(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let goods = variants();
    let mut guest = world.buyer();
    let cart = guest.filled_cart(&[(&goods[0], 1)], "tok_ok").await.unwrap();
    let body = json!({"cart_id": cart, "expected_total": {"amount": "0.01", "currency": "GBP"}});
    let refused = guest.client.post_with_key("/v1/checkouts", "cheap", &body).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "orders.prices_changed"));
    // The cart is free again.
    guest.check_out(&cart, "fair").await.unwrap().expect(201);
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 1);
}

pub async fn orders_are_refunded_in_part_and_cancelled_whole(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let goods = variants();
    let mut guest = world.buyer();
    let cart = guest.filled_cart(&[(&goods[0], 3), (&goods[1], 1)], "tok_ok").await.unwrap();
    let order = guest.check_out(&cart, "buy").await.unwrap().expect(201);
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    Books::settle(&world.data(), PATIENCE).await;

    let wish = json!({"lines": [{"variant_id": goods[0], "quantity": 1}], "reason": "chipped"});
    let by_guest = guest.client.post_with_key(&format!("{path}/refunds"), "r1", &wish).await.unwrap();
    assert_eq!(by_guest.status, 403);
    let mut staff = world.staff().await;
    let cancel = json!({"href": format!("{path}/cancel"), "method": "POST"});
    let give_back = json!({"href": format!("{path}/refunds"), "method": "POST"});
    let itself = json!({"href": path});
    let to_guest = json!({"self": itself, "cancelOrder": cancel});
    assert_eq!(offered(&mut guest, &path).await, to_guest);
    let to_staff = json!({"self": itself, "cancelOrder": cancel, "createRefund": give_back});
    assert_eq!(offered(&mut staff, &path).await, to_staff);
    let refund =
        staff.client.post_with_key(&format!("{path}/refunds"), "r1", &wish).await.unwrap().expect(202);
    let again =
        staff.client.post_with_key(&format!("{path}/refunds"), "r1", &wish).await.unwrap().expect(202);
    assert_eq!(refund["id"], again["id"]);
    let too_many = json!({"lines": [{"variant_id": goods[0], "quantity": 3}], "reason": "all of them"});
    let refused = staff.client.post_with_key(&format!("{path}/refunds"), "r2", &too_many).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "orders.refund_refused"));
    Books::settle(&world.data(), PATIENCE).await;
    assert_eq!(guest.client.get(&path).await.unwrap().expect(200)["state"], "partly_refunded");
    assert_eq!(offered(&mut guest, &path).await, to_guest);

    let reason = json!({"reason": "changed my mind"});
    guest.client.post(&format!("{path}/cancel"), &reason).await.unwrap().expect(202);
    let books = Books::settle(&world.data(), PATIENCE).await;
    assert_eq!(books.given_back_minor, books.captured_minor);
    assert_eq!(guest.client.get(&path).await.unwrap().expect(200)["state"], "cancelled");
    for caller in [&mut guest, &mut staff] {
        assert_eq!(offered(caller, &path).await, json!({"self": itself}), "nothing is left to be done");
    }
    assert_eq!(books.sold_pieces, 4, "what was sold is on record for ever");
}

pub async fn a_cart_follows_its_owner_through_the_login(topology: Topology) {
    let world = World::open(topology, &[]).await;
    let goods = variants();
    let mut visitor = world.buyer();
    let cart = visitor.cart().await.unwrap();
    visitor.add(&cart, &goods[0], 2).await.unwrap().expect(200);
    visitor.log_in("ada@shop.example", "kelp-lantern-42").await.unwrap();
    // The carts join by an event, within moments.
    let clock = mainstay_core::Clock::system();
    let mut seen = 0;
    for _ in 0..100 {
        let answer = visitor.client.get(&format!("/v1/carts/{cart}")).await.unwrap();
        seen = answer.body["items"][0]["quantity"].as_u64().unwrap_or_default();
        if seen == 2 {
            break;
        }
        clock.sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(seen, 2);
}

pub async fn what_was_acknowledged_is_there_after_a_power_cut(topology: Topology) {
    let mut world = World::open(topology, &[]).await;
    let goods = variants();
    let mut guest = world.buyer();
    let cart = guest.filled_cart(&[(&goods[0], 1)], "tok_ok").await.unwrap();
    let order = guest.check_out(&cart, "key").await.unwrap().expect(201);
    world.restart().await;
    let mut same = guest.another_tab(world.address());
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(same.client.get(&path).await.unwrap().expect(200)["number"], order["number"]);
    assert_eq!(Books::settle(&world.data(), PATIENCE).await.orders, 1);
}
