//! Compares payments, refunds and the ledger with the provider's own list.
//!
//! The list is read page by page and each charge compared with its payment; then the payments that the list did not
//! name; then the books. What seems to differ is looked at a second time before it is named, because both sides go on
//! working meanwhile. Mending takes the provider's word where it knows more, and lets go there of what was voided
//! here; all else is for a person.

mod books;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_core::{Context, Currency, Result, Timestamp};
use shop_access_contracts::PAYMENTS_RECONCILE;
use shop_payments_contracts::DifferenceKind;

use crate::app::App;
use crate::codes;
use crate::model::compare::{Found, differences};
use crate::model::{Charge, Payment, PaymentId, Seen};
use crate::provider::Listed;
use crate::settle;
use crate::store;

// Named in one answer; the rest is counted.
const MAX_NAMED: usize = 1_000;
// Ids of this many charges are held at once, some 50 MB; a longer list is compared in parts, by time.
const MAX_COMPARED: usize = 1_000_000;
const PAGE: u32 = 500;

/// One difference, as it is named to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub kind: DifferenceKind,
    pub payment_id: Option<PaymentId>,
    pub reference: String,
    pub ours: String,
    pub theirs: String,
    pub mended: bool,
}

/// What was taken and given back, in minor units of one currency, as each of the three has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub captured: i64,
    pub refunded: i64,
    pub provider_captured: i64,
    pub provider_refunded: i64,
    pub ledger_captured: i64,
    pub ledger_refunded: i64,
}

/// What a comparison found.
#[derive(Clone, Debug, Default)]
pub struct Reconciliation {
    pub compared: u64,
    pub differences: Vec<Difference>,
    pub unnamed: u64,
    pub totals: BTreeMap<Currency, Totals>,
}

/// Compares everything made at or after `since`; with `mend`, repairs what is safe.
///
/// Errors: `core.forbidden` unless staff or a service asks; `payments.reconcile_too_many`; what the provider raises.
pub async fn reconcile(
    app: &Arc<App>,
    ctx: &Context,
    since: Timestamp,
    mend: bool,
) -> Result<Reconciliation> {
    app.access.require(ctx, PAYMENTS_RECONCILE, Relation::Other)?;
    let mut run = Run { app, ctx, mend, listed: HashSet::new(), report: Reconciliation::default() };
    run.their_side(since).await?;
    run.our_side(since).await?;
    run.books().await?;
    Ok(run.report)
}

struct Run<'a> {
    app: &'a Arc<App>,
    ctx: &'a Context,
    mend: bool,
    listed: HashSet<PaymentId>,
    report: Reconciliation,
}

impl Run<'_> {
    async fn their_side(&mut self, since: Timestamp) -> Result<()> {
        let mut after = 0;
        loop {
            let page = self.app.provider.list(self.ctx, since, after).await?;
            let listed: Vec<(Option<PaymentId>, Listed)> =
                page.charges.into_iter().map(|charge| (charge.reference.parse().ok(), charge)).collect();
            let ids: Vec<PaymentId> = listed.iter().filter_map(|(id, _)| *id).collect();
            let mut ours = self.app.db.read(self.ctx, move |view| store::payments(view, &ids)).await?;
            for (id, charge) in listed {
                let ours = id.and_then(|id| ours.remove(&id));
                self.their_charge(id, &charge, ours).await?;
            }
            match page.next {
                Some(next) if next > after => after = next,
                Some(_) | None => return Ok(()),
            }
        }
    }

    async fn their_charge(
        &mut self,
        id: Option<PaymentId>,
        charge: &Listed,
        ours: Option<Payment>,
    ) -> Result<()> {
        self.report.compared += 1;
        let amount = charge.seen.amount;
        let totals = self.report.totals.entry(amount.currency).or_default();
        if charge.seen.charge == Charge::Captured {
            totals.provider_captured = totals.provider_captured.saturating_add(amount.minor);
        }
        for refund in &charge.seen.refunds {
            totals.provider_refunded = totals.provider_refunded.saturating_add(refund.amount.minor);
        }
        if let Some(id) = id {
            if self.listed.len() >= MAX_COMPARED {
                return Err(codes::TOO_MANY.error(format!("there are more than {MAX_COMPARED} charges")));
            }
            self.listed.insert(id);
        }
        let (Some(id), Some(ours)) = (id, ours) else {
            self.name(Difference {
                kind: DifferenceKind::UnknownHere,
                payment_id: id,
                reference: charge.reference.clone(),
                ours: "no such payment".to_owned(),
                theirs: format!("{} {amount}", charge.seen.charge.name()),
                mended: false,
            });
            return Ok(());
        };
        if differences(&ours, Some(&charge.seen)).is_empty() {
            return Ok(());
        }
        self.second_look(id).await
    }

    async fn our_side(&mut self, since: Timestamp) -> Result<()> {
        let mut after = store::first_id();
        loop {
            let (page, unbooked) = self
                .app
                .db
                .read(self.ctx, move |view| {
                    let page = store::page(view, since, after, PAGE)?;
                    let unbooked = books::unbooked(view, &page)?;
                    Ok((page, unbooked))
                })
                .await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.payment.id;
            for (id, ours, theirs) in unbooked {
                let (kind, reference) = (DifferenceKind::Ledger, id.to_string());
                self.name(Difference { kind, payment_id: Some(id), reference, ours, theirs, mended: false });
            }
            for stored in page {
                self.our_payment(&stored.payment).await?;
            }
        }
    }

    async fn our_payment(&mut self, payment: &Payment) -> Result<()> {
        let totals = self.report.totals.entry(payment.amount.currency).or_default();
        if payment.charge == Charge::Captured {
            totals.captured = totals.captured.saturating_add(payment.amount.minor);
        }
        totals.refunded = totals.refunded.saturating_add(payment.refunded()?.minor);
        if self.listed.contains(&payment.id) {
            return Ok(());
        }
        self.report.compared += 1;
        // Of one that the list should have named, the provider is asked: the list may have been read before it.
        if differences(payment, None).is_empty() { Ok(()) } else { self.second_look(payment.id).await }
    }

    // Both sides as they are now; what still differs is named, and mended if that is wanted and safe.
    async fn second_look(&mut self, id: PaymentId) -> Result<()> {
        let theirs = self.app.provider.find(self.ctx, id).await?;
        let found = self.compare(id, theirs.as_ref()).await?;
        let mendable = self.mend && found.iter().any(|found| found.safe);
        let left = if mendable { self.mend(id, theirs).await? } else { found.clone() };
        for found in found {
            let mended = mendable && found.safe && !left.iter().any(|left| left.kind == found.kind);
            self.name(Difference {
                kind: found.kind,
                payment_id: Some(id),
                reference: id.to_string(),
                ours: found.ours,
                theirs: found.theirs,
                mended,
            });
        }
        Ok(())
    }

    async fn compare(&self, id: PaymentId, theirs: Option<&Seen>) -> Result<Vec<Found>> {
        let ours = self.app.db.read(self.ctx, move |view| store::payment(view, id)).await?;
        Ok(ours.map_or_else(Vec::new, |ours| differences(&ours, theirs)))
    }

    // What still differs afterwards.
    async fn mend(&self, id: PaymentId, theirs: Option<Seen>) -> Result<Vec<Found>> {
        if let Some(theirs) = theirs {
            self.app.learn(self.ctx, id, theirs).await?;
        }
        if let Err(error) = settle::settle(self.app, self.ctx, id).await {
            tracing::warn!(payment.id = %id, error = %error.chain(), "a difference could not be mended yet");
        }
        let theirs = self.app.provider.find(self.ctx, id).await?;
        self.compare(id, theirs.as_ref()).await
    }

    fn name(&mut self, difference: Difference) {
        tracing::warn!(
            kind = difference.kind.as_str_name(),
            reference = difference.reference,
            ours = difference.ours,
            theirs = difference.theirs,
            mended = difference.mended,
            "reconciliation found a difference"
        );
        self.app.metrics.differences.inc();
        if self.report.differences.len() < MAX_NAMED {
            self.report.differences.push(difference);
        } else {
            self.report.unnamed += 1;
        }
    }
}
