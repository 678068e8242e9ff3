//! What a guest does, call by call.

use std::net::SocketAddr;

use mainstay::shop::demo;
use mainstay::shop::goods::GOODS;
use serde_json::Value;

use crate::process::{Answer, call};

/// A cart that is ready to be paid, and whose it is.
pub struct Filled {
    pub session: String,
    pub cart: String,
}

/// Fills a cart with `quantity` pieces of the first variant, to be paid with `token`.
pub fn fill(shop: SocketAddr, quantity: u32, token: &str) -> Filled {
    let made = call(shop, "POST", "/v1/carts", "", "", r#"{"currency":"GBP"}"#).unwrap();
    assert_eq!(made.status, 201, "{}", made.body);
    let (session, cart) = (made.session, made.body["id"].as_str().unwrap().to_owned());
    let variant = demo::variant(&GOODS[0].variants[0]);
    for (method, path, body) in [
        ("POST", "items", format!(r#"{{"variant_id":"{variant}","quantity":{quantity}}}"#)),
        (
            "PUT",
            "address",
            r#"{"email":"you@home.example","name":"You","line1":"1 High Street","city":"York","postcode":"YO1 7HH","country":"GB"}"#.to_owned(),
        ),
        ("PUT", "shipping", r#"{"method":"standard"}"#.to_owned()),
        ("PUT", "payment", format!(r#"{{"token":"{token}"}}"#)),
    ] {
        let answer = call(shop, method, &format!("/v1/carts/{cart}/{path}"), &session, "", &body).unwrap();
        assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.body);
    }
    Filled { session, cart }
}

/// Places the order under the key `key`; `None` when the connection was cut.
pub fn check_out(shop: SocketAddr, filled: &Filled, key: &str) -> Option<Answer> {
    let headers = format!("idempotency-key: {key}\r\n");
    let body = format!(r#"{{"cart_id":"{}"}}"#, filled.cart);
    call(shop, "POST", "/v1/checkouts", &filled.session, &headers, &body)
}

/// Buys and gives the order.
pub fn buy(shop: SocketAddr) -> (Filled, Value) {
    let filled = fill(shop, 2, "tok_ok");
    let placed = check_out(shop, &filled, &filled.cart).unwrap();
    assert_eq!(placed.status, 201, "{}", placed.body);
    (filled, placed.body)
}

/// Pieces of the first variant that can be bought.
pub fn available(shop: SocketAddr) -> i64 {
    let variant = demo::variant(&GOODS[0].variants[0]);
    let level = call(shop, "GET", &format!("/v1/stock/{variant}"), "", "", "").unwrap();
    assert_eq!(level.status, 200, "{}", level.body);
    level.body["available"].as_i64().unwrap()
}

/// Waits until the order of the cart is paid, its cart is ordered and its mail is sent; the order.
pub fn paid(shop: SocketAddr, filled: &Filled) -> Value {
    for _ in 0..200 {
        let answer = check_out(shop, filled, &filled.cart).unwrap();
        let other = check_out(shop, filled, "another-key").unwrap();
        if answer.body["state"] == "paid" && other.body["code"] == "cart.ordered" {
            return answer.body;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the order is not paid");
}
