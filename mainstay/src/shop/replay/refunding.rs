//! One refund as the shop's staff give it.

use std::sync::atomic::Ordering;

use http::Method;
use mainstay_core::{Currency, Money, Result};
use serde_json::json;
use shop_retail::{Invoice, Refund};

use super::buying::unexpected;
use super::driver::Lane;
use super::variant;
use crate::shop::client::Call;

/// Stands for the refusal of a refund whose order was never placed.
const NO_ORDER: &str = "replay.no_order";

impl Lane<'_> {
    /// Gives it back unless that was done.
    pub(super) async fn give_back(
        &mut self,
        invoice: &Invoice,
        number: usize,
        refund: &Refund,
    ) -> Result<()> {
        let name = format!("{}-{}-{number}", invoice.number, refund.order);
        if let Some(refusal) = self.done.refunds.get(&name) {
            match refusal {
                Some(code) => self.tally.refuse(code),
                None => _ = self.tally.refunds.fetch_add(1, Ordering::Relaxed),
            }
            return Ok(());
        }
        let order = refund.order.to_string();
        let earlier = || self.done.orders.get(&order).and_then(|begun| begun.order.clone());
        let Some(id) = self.orders.get(&order).cloned().or_else(earlier) else {
            self.tally.refuse(NO_ORDER);
            return self.journal.refund_refused(&name, NO_ORDER).await;
        };
        let reason = format!("cancellation {}", invoice.number);
        let body = if refund.lines.is_empty() {
            json!({"amount": Money::new(refund.total, Currency::GBP), "reason": reason})
        } else {
            let lines = refund.lines.iter().map(
                |(place, pieces)| json!({"variant_id": variant(&self.plan.sku(*place)), "quantity": pieces}),
            );
            json!({"lines": lines.collect::<Vec<_>>(), "reason": reason})
        };
        let key = format!("replay-{name}");
        self.times.announce(&key, invoice.time)?;
        let (path, staff) = (format!("/v1/orders/{id}/refunds"), self.staff.clone());
        let call =
            Call { method: Method::POST, path: &path, session: Some(&staff), key: Some(&key), body: &body };
        let answer = self.ask(call).await?;
        self.times.forget(&key);
        if answer.status.is_success() {
            self.tally.refunds.fetch_add(1, Ordering::Relaxed);
            self.journal.refunded(&name).await
        } else if answer.status.is_client_error() {
            self.tally.refuse(answer.code());
            self.journal.refund_refused(&name, answer.code()).await
        } else {
            Err(unexpected(&answer))
        }
    }
}
