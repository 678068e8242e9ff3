//! What a visitor does: looks around, searches, fills a cart, or buys.

use std::time::Duration;

use http::Method;
use mainstay_core::{Clock, Monotonic, Result};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::measure::{Ending, Measure};
use super::shape;
use crate::shop::client::{Answer, Call, Client};

/// Something that can be bought.
#[derive(Clone, Debug)]
pub struct Goods {
    pub product: String,
    pub variant: String,
    /// A word of its name, to search for.
    pub word: String,
}

/// What a visit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// A page of the list, and a few products.
    Browse,
    /// A word, and the first product that is found.
    Search,
    /// A cart that is filled and left.
    Cart,
    /// A cart that is bought.
    Checkout,
}

/// One visit.
pub struct Visit<'a> {
    pub clock: &'a Clock,
    pub measure: &'a Measure,
    pub client: &'a mut Client,
    pub goods: &'a [Goods],
    pub random: StdRng,
    /// When it was due; its first request is timed from there.
    pub due: Monotonic,
    pub lines_max: u32,
    /// Names the visit apart from all others, in keys.
    pub name: String,
}

impl Visit<'_> {
    /// Does what it is for, until that is done or something goes wrong; what went wrong is in the measure.
    pub async fn run(mut self, aim: Aim) -> Result<()> {
        match aim {
            Aim::Browse => self.browse().await,
            Aim::Search => self.search().await,
            Aim::Cart => self.fill().await.map(drop),
            Aim::Checkout => self.buy().await,
        }
    }

    async fn browse(&mut self) -> Result<()> {
        if self.get("list", "/v1/products?limit=20").await?.is_none() {
            return Ok(());
        }
        for _ in 0..self.random.random_range(1..4) {
            let path = format!("/v1/products/{}", self.one().product);
            if self.get("product", &path).await?.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn search(&mut self) -> Result<()> {
        let one = self.one().clone();
        let path = format!("/v1/search?q={}", one.word);
        if self.get("search", &path).await?.is_some() {
            self.get("product", &format!("/v1/products/{}", one.product)).await?;
        }
        Ok(())
    }

    /// The cart and its session, if it could be filled.
    async fn fill(&mut self) -> Result<Option<(String, String)>> {
        let new = json!({"currency": "GBP"});
        let Some(answer) = self.call("cart", Method::POST, "/v1/carts", (None, None), &new).await? else {
            return Ok(None);
        };
        let (Some(cart), Some(session)) = (answer.body["id"].as_str(), answer.session) else {
            return Ok(None);
        };
        let cart = cart.to_owned();
        let mut wanted: Vec<usize> = Vec::new();
        for _ in 0..shape::lines(&mut self.random, self.lines_max) {
            let place = shape::wanted(&mut self.random, self.goods.len());
            // Many draws of the same thing are one line; a basket from a small range is a small basket.
            if !wanted.contains(&place) {
                wanted.push(place);
            }
        }
        for place in wanted {
            let item = json!({
                "variant_id": self.goods[place].variant, "quantity": shape::pieces(&mut self.random),
            });
            let path = format!("/v1/carts/{cart}/items");
            if self.call("item", Method::POST, &path, (Some(&session), None), &item).await?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some((cart, session)))
    }

    async fn buy(&mut self) -> Result<()> {
        let Some((cart, session)) = self.fill().await? else { return Ok(()) };
        let address = json!({
            "email": "visitor@load.example", "name": "A Visitor", "line1": "1 High Street", "city": "Leeds",
            "postcode": "LS1 1AA", "country": "GB",
        });
        for (part, body) in [
            ("address", address),
            ("shipping", json!({"method": "standard"})),
            ("payment", json!({"token": "tok_ok"})),
        ] {
            let path = format!("/v1/carts/{cart}/{part}");
            if self.call(part, Method::PUT, &path, (Some(&session), None), &body).await?.is_none() {
                return Ok(());
            }
        }
        let (key, body) = (self.name.clone(), json!({"cart_id": cart}));
        self.call("checkout", Method::POST, "/v1/checkouts", (Some(&session), Some(&key)), &body).await?;
        Ok(())
    }

    fn one(&mut self) -> &Goods {
        &self.goods[shape::wanted(&mut self.random, self.goods.len())]
    }

    async fn get(&mut self, request: &'static str, path: &str) -> Result<Option<Answer>> {
        self.call(request, Method::GET, path, (None, None), &Value::Null).await
    }

    /// Sends a request and takes down how it went; its answer, if it was good. `who` is the session and the key.
    async fn call(
        &mut self,
        request: &'static str,
        method: Method,
        path: &str,
        who: (Option<&str>, Option<&str>),
        body: &Value,
    ) -> Result<Option<Answer>> {
        let answer = self.client.call(Call { method, path, session: who.0, key: who.1, body }).await;
        let now = self.clock.monotonic();
        let took: Duration = now.since(self.due);
        // The next one is due at once: a visitor thinks no time, so that a visit is one load and not many.
        self.due = now;
        let ending = match &answer {
            Ok(answer) if answer.status.is_success() => Ending::Done,
            Ok(answer) if answer.status.is_client_error() && answer.status.as_u16() != 429 => {
                Ending::Refused(answer.body["code"].as_str().unwrap_or("without a code").to_owned())
            }
            Ok(_) | Err(_) => Ending::Failed,
        };
        let is_done = ending == Ending::Done;
        self.measure.record(request, took, ending)?;
        Ok(answer.ok().filter(|_| is_done))
    }
}
