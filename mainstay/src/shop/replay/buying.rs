//! One order as its buyer places it: a cart, its lines, where it goes and how, the checkout.

use std::sync::atomic::Ordering;

use http::{Method, StatusCode};
use mainstay_core::{Currency, Error, Money, Result, codes};
use serde_json::{Value, json};
use shop_retail::{Buyer, Invoice, Order, OrderName};

use super::driver::Lane;
use super::{carriage, variant};
use crate::shop::client::{Answer, Call};

/// How often a checkout that goes on without its caller is looked at before it counts as lost.
const LOOKS_MAX: u32 = 3_000;

/// The test provider's token that is always accepted.
const PAYMENT: &str = "tok_ok";

impl Lane<'_> {
    /// Places the order unless that was done.
    pub(super) async fn sell(&mut self, invoice: &Invoice, part: usize, order: &Order) -> Result<()> {
        let name = OrderName { sale: invoice.number, part }.to_string();
        let begun = self.done.orders.get(&name).cloned();
        if let Some(begun) = &begun
            && (begun.order.is_some() || begun.refusal.is_some())
        {
            if let Some(code) = &begun.refusal {
                self.tally.refuse(code);
            }
            return Ok(());
        }
        let known = begun.map(|begun| begun.cart);
        let (cart, session) = self.cart(invoice.buyer, &name, known).await?;
        match self.fill_and_buy(invoice, &name, &cart, &session, order).await? {
            Ok(id) => {
                self.journal.placed(&name, &id).await?;
                self.orders.insert(name, id);
                self.tally.orders.fetch_add(1, Ordering::Relaxed);
            }
            Err(code) => {
                self.journal.order_refused(&name, &code).await?;
                self.tally.refuse(&code);
            }
        }
        Ok(())
    }

    /// The order's cart, with the session of its buyer.
    async fn cart(&mut self, buyer: Buyer, name: &str, known: Option<String>) -> Result<(String, String)> {
        let who = who(buyer);
        let met = self.sessions.get(&buyer).or_else(|| self.done.buyers.get(&who)).cloned();
        if let (Some(cart), Some(session)) = (known, &met) {
            return Ok((cart, session.clone()));
        }
        let body = json!({"currency": "GBP"});
        let call =
            Call { method: Method::POST, path: "/v1/carts", session: met.as_deref(), key: None, body: &body };
        let answer = expect(self.ask(call).await?, StatusCode::CREATED)?;
        let cart = text(&answer.body["id"])?;
        let session = match (met, answer.session) {
            (Some(session), _) => session,
            (None, Some(session)) => {
                self.journal.met(&who, &session).await?;
                session
            }
            (None, None) => return Err(codes::INTERNAL.error("a visitor was given no session")),
        };
        if let Buyer::Customer(_) = buyer {
            self.sessions.insert(buyer, session.clone());
        }
        self.journal.begun(name, &cart).await?;
        Ok((cart, session))
    }

    /// The id of the placed order, or the code of the shop's refusal.
    async fn fill_and_buy(
        &mut self,
        invoice: &Invoice,
        name: &str,
        cart: &str,
        session: &str,
        order: &Order,
    ) -> Result<std::result::Result<String, String>> {
        if let Some(refusal) = self.fill(invoice, name, cart, session, order).await? {
            return Ok(Err(refusal));
        }
        let key = format!("replay-{name}");
        self.times.announce(&key, invoice.time)?;
        let total = Money::new(order.total, Currency::GBP);
        let body = json!({"cart_id": cart, "expected_total": total});
        let call = Call {
            method: Method::POST,
            path: "/v1/checkouts",
            session: Some(session),
            key: Some(&key),
            body: &body,
        };
        let mut answer = self.ask(call).await?;
        for _ in 0..LOOKS_MAX {
            if answer.status != StatusCode::ACCEPTED {
                break;
            }
            self.pause().await;
            let path = format!("/v1/checkouts/{}", text(&answer.body["id"])?);
            let call = Call {
                method: Method::GET,
                path: &path,
                session: Some(session),
                key: None,
                body: &Value::Null,
            };
            answer = self.ask(call).await?;
        }
        self.times.forget(&key);
        match answer.status {
            StatusCode::CREATED | StatusCode::OK => Ok(Ok(text(&answer.body["id"])?)),
            status if status.is_client_error() => Ok(Err(answer.code().to_owned())),
            _ => Err(unexpected(&answer)),
        }
    }

    /// Puts in what is bought, unless its checkout has begun; the code of a refusal.
    async fn fill(
        &mut self,
        invoice: &Invoice,
        name: &str,
        cart: &str,
        session: &str,
        order: &Order,
    ) -> Result<Option<String>> {
        let at = |rest: &str| format!("/v1/carts/{cart}/{rest}");
        let mut calls: Vec<(Method, String, Option<String>, Value)> =
            Vec::with_capacity(order.lines.len() + 3);
        for (number, (place, pieces)) in order.lines.iter().enumerate() {
            let item = json!({"variant_id": variant(&self.plan.sku(*place)), "quantity": pieces});
            calls.push((Method::POST, at("items"), Some(format!("replay-{name}-{number}")), item));
        }
        calls.push((Method::PUT, at("address"), None, address(invoice)));
        calls.push((Method::PUT, at("shipping"), None, json!({"method": carriage(order.carriage)})));
        calls.push((Method::PUT, at("payment"), None, json!({"token": PAYMENT})));
        for (method, path, key, body) in calls {
            let call = Call { method, path: &path, session: Some(session), key: key.as_deref(), body: &body };
            let answer = self.ask(call).await?;
            match answer.code() {
                // An earlier run was killed after it had begun the checkout; its answer is asked for under its key.
                "cart.checkout_running" | "cart.ordered" => return Ok(None),
                _ if answer.status.is_success() => {}
                code if answer.status.is_client_error() => return Ok(Some(code.to_owned())),
                _ => return Err(unexpected(&answer)),
            }
        }
        Ok(None)
    }
}

fn who(buyer: Buyer) -> String {
    match buyer {
        Buyer::Customer(number) => format!("customer {number}"),
        Buyer::Guest(invoice) => format!("guest {invoice}"),
    }
}

/// The file says no more than a country; the rest is made up, and the same for everybody.
fn address(invoice: &Invoice) -> Value {
    let (name, email) = match invoice.buyer {
        Buyer::Customer(number) => {
            (format!("Customer {number}"), format!("customer-{number}@retail.example"))
        }
        Buyer::Guest(invoice) => (format!("Guest {invoice}"), format!("guest-{invoice}@retail.example")),
    };
    json!({
        "email": email, "name": name, "line1": "1 Market Street", "city": "Somewhere", "postcode": "AB1 2CD",
        "country": invoice.country,
    })
}

pub(super) fn expect(answer: Answer, status: StatusCode) -> Result<Answer> {
    if answer.status == status { Ok(answer) } else { Err(unexpected(&answer)) }
}

pub(super) fn unexpected(answer: &Answer) -> Error {
    codes::INTERNAL.error(format!("the shop answered {} {}", answer.status, answer.body))
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| codes::INTERNAL.error("an answer has no id"))
}
