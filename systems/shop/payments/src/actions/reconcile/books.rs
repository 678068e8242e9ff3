//! The books' part of a reconciliation: against themselves, and against what the payments say.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_core::{Currency, Money, Result};
use mainstay_sql::View;
use shop_payments_contracts::DifferenceKind;

use super::{Difference, Run};
use crate::model::ledger::{Account, Entry, balanced};
use crate::model::{Charge, Movement, Payment, PaymentId, RefundState};
use crate::store::{self, Stored};

impl Run<'_> {
    // The books against themselves and against the payments, all as they are at one instant.
    pub(super) async fn books(&mut self) -> Result<()> {
        let (kept, summed, moved) = self
            .app
            .db
            .read(self.ctx, |view| {
                let (kept, summed) =
                    (store::ledger::balances(view)?, store::ledger::balances_from_entries(view)?);
                Ok((kept, summed, store::moved(view)?))
            })
            .await?;
        if kept != summed || !balanced(&summed) {
            self.name_books("ledger".to_owned(), format!("{kept:?}"), format!("{summed:?}"));
        }
        let mut booked: BTreeMap<Currency, (i64, i64)> = BTreeMap::new();
        for balance in summed.iter().filter(|balance| balance.account == Account::ProviderClearing.name()) {
            booked.insert(balance.debits.currency, (balance.debits.minor, balance.credits.minor));
        }
        for (currency, (captured, refunded)) in &booked {
            let totals = self.report.totals.entry(*currency).or_default();
            totals.ledger_captured = *captured;
            totals.ledger_refunded = *refunded;
        }
        for currency in booked.keys().chain(moved.keys()).copied().collect::<BTreeSet<_>>() {
            let (booked, moved) = (booked.get(&currency).copied(), moved.get(&currency).copied());
            if booked.unwrap_or_default() != moved.unwrap_or_default() {
                self.name_books(format!("ledger {currency}"), sums(currency, moved), sums(currency, booked));
            }
        }
        Ok(())
    }

    fn name_books(&mut self, reference: String, ours: String, theirs: String) {
        let kind = DifferenceKind::Ledger;
        self.name(Difference { kind, payment_id: None, reference, ours, theirs, mended: false });
    }
}

/// An entry that a payment calls for and the books do not have, in words: what is missing, and what is there.
pub(super) type Unbooked = (PaymentId, String, String);

/// What these payments say happened and the books do not.
pub(super) fn unbooked(view: &View<'_>, page: &[Stored]) -> Result<Vec<Unbooked>> {
    let entries: Vec<Entry> = page.iter().flat_map(|stored| entries(&stored.payment)).collect();
    let causes: Vec<String> = entries.iter().map(|entry| entry.cause.clone()).collect();
    let booked = store::ledger::booked(view, &causes)?;
    let missing = entries.into_iter().filter(|entry| booked.get(&entry.cause) != Some(&entry.amount.minor));
    Ok(missing
        .map(|entry| {
            let there = booked.get(&entry.cause).map_or_else(
                || "not booked".to_owned(),
                |minor| Money::new(*minor, entry.amount.currency).to_string(),
            );
            (entry.payment_id, format!("{} {}", entry.cause, entry.amount), there)
        })
        .collect())
}

fn entries(payment: &Payment) -> Vec<Entry> {
    let captured = (payment.charge == Charge::Captured).then_some(Movement::Captured(payment.amount));
    let given = payment.refunds.iter().filter(|refund| refund.state == RefundState::Given);
    let given = given.map(|refund| Movement::Refunded(refund.id, refund.amount));
    captured.into_iter().chain(given).map(|movement| Entry::of(payment.id, movement)).collect()
}

fn sums(currency: Currency, sums: Option<(i64, i64)>) -> String {
    let (captured, refunded) = sums.unwrap_or_default();
    format!("captured {}, refunded {}", Money::new(captured, currency), Money::new(refunded, currency))
}
