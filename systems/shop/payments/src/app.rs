//! What the actions share: the database, the outbox, the provider, and the clock.

use std::sync::Arc;

use mainstay_access::Access;
use mainstay_core::{Clock, Context, Result};
use mainstay_events::Outbox;
use mainstay_jobs::Jobs;
use mainstay_sql::{Database, Tx};

use crate::events;
use crate::metrics::Metrics;
use crate::model::ledger::Entry;
use crate::model::{Next, Payment, PaymentId, Seen};
use crate::provider::Provider;
use crate::settle;
use crate::store;
use crate::webhook::WebhookSecret;

/// The service's state, behind an `Arc` that every way in holds.
pub struct App {
    pub db: Database,
    pub outbox: Outbox,
    pub jobs: Jobs,
    pub provider: Arc<dyn Provider>,
    pub webhook_secret: WebhookSecret,
    pub clock: Clock,
    pub metrics: Metrics,
    /// Who may do what.
    pub access: Access,
}

impl App {
    /// Takes in what the provider says about a payment of ours, in a write of its own.
    pub async fn learn(self: &Arc<Self>, ctx: &Context, id: PaymentId, seen: Seen) -> Result<Payment> {
        let app = Arc::clone(self);
        let inner = ctx.clone();
        self.db
            .write(ctx, move |tx| {
                let mut payment = store::known(store::payment(tx, id)?)?;
                app.learn_in(tx, &inner, &mut payment, &seen)?;
                Ok(payment)
            })
            .await
    }

    /// The same inside a write: payment, books, event and what is left to do change together or not at all.
    pub fn learn_in(&self, tx: &Tx<'_>, ctx: &Context, payment: &mut Payment, seen: &Seen) -> Result<()> {
        let before = events::face(payment)?;
        let learned = payment.learn(seen)?;
        if !learned.changed {
            return Ok(());
        }
        for movement in &learned.movements {
            store::ledger::post(tx, &Entry::of(payment.id, *movement))?;
        }
        self.keep(tx, ctx, payment, &before)
    }

    /// Stores a changed payment, tells of it if others can see the change, and sees to what is left to do.
    pub fn keep(&self, tx: &Tx<'_>, ctx: &Context, payment: &Payment, before: &events::Face) -> Result<()> {
        store::save(tx, payment)?;
        if events::face(payment)? != *before {
            events::tell(&self.outbox, tx, ctx, payment)?;
        }
        match payment.next() {
            Next::Nothing => Ok(()),
            // Whoever authorises asks by itself; the sweep does if they died.
            Next::Ask if !payment.released => Ok(()),
            Next::Ask | Next::Void | Next::Refund(_) => settle::enqueue(&self.jobs, tx, ctx, payment),
        }
    }
}
