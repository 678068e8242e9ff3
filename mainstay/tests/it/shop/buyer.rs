//! Somebody who buys, and somebody who works in the shop.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::client::{Client, Sent};

pub struct Buyer {
    pub client: Client,
}

impl Buyer {
    pub fn new(address: SocketAddr) -> Self {
        Self { client: Client::new(address) }
    }

    /// Another tab of the same browser.
    pub fn another_tab(&self, address: SocketAddr) -> Self {
        let mut client = Client::new(address);
        client.bearer.clone_from(&self.client.bearer);
        Self { client }
    }

    /// A new cart; the session that comes with the first answer is kept.
    pub async fn cart(&mut self) -> Result<String, String> {
        let answer = self.client.post("/v1/carts", &json!({"currency": "GBP"})).await?;
        if let Some(session) = answer.headers.get("mainstay-session") {
            self.client.bearer = Some(session.to_str().map_err(|error| error.to_string())?.to_owned());
        }
        if answer.status != 201 {
            return Err(format!("no cart: {} {}", answer.status, answer.body));
        }
        answer.body["id"].as_str().map(str::to_owned).ok_or_else(|| "a cart without an id".to_owned())
    }

    pub async fn add(&mut self, cart: &str, variant: &str, quantity: u32) -> Sent {
        let item = json!({"variant_id": variant, "quantity": quantity});
        self.client.post(&format!("/v1/carts/{cart}/items"), &item).await
    }

    /// Address, shipping and payment.
    pub async fn details(&mut self, cart: &str, token: &str) -> Result<(), String> {
        let address = json!({
            "email": "ada@home.example", "name": "Ada Marlow", "line1": "1 High Street", "city": "York",
            "postcode": "YO1 7HH", "country": "GB",
        });
        for (part, body) in [
            ("address", address),
            ("shipping", json!({"method": "standard"})),
            ("payment", json!({"token": token})),
        ] {
            let answer = self.client.put(&format!("/v1/carts/{cart}/{part}"), &body).await?;
            if !answer.status.is_success() {
                return Err(format!("{part}: {} {}", answer.status, answer.body));
            }
        }
        Ok(())
    }

    /// A cart with these lines, ready to be bought.
    pub async fn filled_cart(&mut self, lines: &[(&str, u32)], token: &str) -> Result<String, String> {
        let cart = self.cart().await?;
        for (variant, quantity) in lines {
            let answer = self.add(&cart, variant, *quantity).await?;
            if !answer.status.is_success() {
                return Err(format!("an item: {} {}", answer.status, answer.body));
            }
        }
        self.details(&cart, token).await?;
        Ok(cart)
    }

    pub async fn check_out(&mut self, cart: &str, key: &str) -> Sent {
        self.client.post_with_key("/v1/checkouts", key, &json!({"cart_id": cart})).await
    }

    /// Asks again until the checkout is neither running nor waiting; at most for ten seconds.
    pub async fn settled(&mut self, checkout: &str) -> Sent {
        let clock = mainstay_core::Clock::system();
        let mut answer = self.client.get(&format!("/v1/checkouts/{checkout}")).await?;
        for _ in 0..200 {
            if answer.status != 202 {
                break;
            }
            clock.sleep(std::time::Duration::from_millis(50)).await;
            answer = self.client.get(&format!("/v1/checkouts/{checkout}")).await?;
        }
        Ok(answer)
    }

    pub async fn log_in(&mut self, email: &str, password: &str) -> Result<Value, String> {
        let login = json!({"email": email, "password": password});
        let answer = self.client.post("/v1/sessions", &login).await?;
        if !answer.status.is_success() {
            return Err(format!("no login: {} {}", answer.status, answer.body));
        }
        if let Some(session) = answer.headers.get("mainstay-session") {
            self.client.bearer = Some(session.to_str().map_err(|error| error.to_string())?.to_owned());
        }
        Ok(answer.body)
    }
}
