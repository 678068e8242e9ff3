//! Brings the provider to agree with what was decided here.
//!
//! Two durable jobs. `Settle` sees to one payment: it asks what became of it, lets go, gives back, and is tried again
//! until that is done. `Sweep` finds the payments whose callers died or gave up. Both read the wanted state and take
//! one step after the other, so they may run twice, at once, or not at all for a while.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Context, Result};
use mainstay_jobs::{Job, JobContext, Jobs, NewJob, Policy};
use mainstay_sql::Tx;
use serde::{Deserialize, Serialize};

use crate::actions;
use crate::app::App;
use crate::codes;
use crate::model::{Charge, Next, Payment, PaymentId, Seen};
use crate::store;

// A void and a refund of what was captured meanwhile are three steps; more means that something else is wrong.
const MAX_STEPS: usize = 8;
// A call may be on its way for as long as networks keep one. After that, what the provider does not know never
// arrived; should it arrive still, its webhook or the next reconciliation tells.
const ARRIVES_WITHIN: Duration = Duration::from_secs(15 * 60);
// A payment without an answer for this long is let go: its buyer has left.
const DECIDED_WITHIN: Duration = Duration::from_secs(60 * 60);
// How long a fruitless look is put off: as long as the payment is old, within these bounds.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10 * 60));
// Payments that one sweep hands on; the rest is found by the next, half a minute later.
const SWEEP_LIMIT: u32 = 500;
/// How often is swept: each half minute.
const SWEEP_SCHEDULE: &str = "*/30 * * * * *";
/// How long a webhook's id is remembered. The signature's tolerance is minutes, and providers repeat for days.
const WEBHOOKS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
const PRUNE_LIMIT: u32 = 5_000;

/// Sees to one payment.
pub struct Settle(pub Arc<App>);

/// Which payment.
#[derive(Debug, Serialize, Deserialize)]
pub struct Unsettled {
    pub payment_id: PaymentId,
}

#[async_trait]
impl Job for Settle {
    const KIND: &'static str = "shop.payments.settle";
    type Payload = Unsettled;

    fn policy(&self) -> Policy {
        // With the longest wait that is most of a working day; the sweep begins anew after that.
        Policy { max_attempts: 100, longest_retry: Duration::from_secs(300), ..Policy::default() }
    }

    async fn run(&self, cx: &JobContext, unsettled: Unsettled) -> Result<()> {
        settle(&self.0, cx.ctx(), unsettled.payment_id).await
    }
}

/// Finds payments that nobody sees to, and forgets old webhooks.
pub struct Sweep(pub Arc<App>);

#[async_trait]
impl Job for Sweep {
    const KIND: &'static str = "shop.payments.sweep";
    type Payload = ();

    async fn run(&self, cx: &JobContext, (): ()) -> Result<()> {
        sweep(&self.0, cx.ctx()).await
    }
}

/// Registers both, and how often is swept.
pub fn register(app: &Arc<App>) -> Result<()> {
    app.jobs.register(Settle(Arc::clone(app)))?;
    app.jobs.register(Sweep(Arc::clone(app)))?;
    app.jobs.schedule("sweep", SWEEP_SCHEDULE, NewJob::of::<Sweep>(&())?)
}

/// Has a payment seen to as soon as the transaction commits. Asked twice for the same thing, it is done once.
pub fn enqueue(jobs: &Jobs, tx: &Tx<'_>, ctx: &Context, payment: &Payment) -> Result<()> {
    let wanted = match payment.next() {
        Next::Nothing => "look".to_owned(),
        Next::Ask => "ask".to_owned(),
        Next::Void => "void".to_owned(),
        Next::Refund(refund) => refund.id.to_string(),
    };
    let job = NewJob::of::<Settle>(&Unsettled { payment_id: payment.id })?;
    jobs.enqueue(tx, ctx, job.unique(format!("{}:{wanted}", payment.id)))?;
    Ok(())
}

/// Takes steps until nothing is left to do, or until only waiting helps. A temporary error asks to be tried again.
pub async fn settle(app: &Arc<App>, ctx: &Context, id: PaymentId) -> Result<()> {
    for _ in 0..MAX_STEPS {
        let found = app.db.read(ctx, move |view| store::stored(view, id)).await?;
        let Some(store::Stored { payment, created_at, look_at, .. }) = found else { return Ok(()) };
        let age = app.clock.now().since(created_at);
        match payment.next() {
            Next::Nothing if look_at.is_some() => return dispel(app, ctx, payment, age).await,
            Next::Nothing => return Ok(()),
            Next::Ask => {
                if !ask(app, ctx, payment, age).await? {
                    return Ok(());
                }
            }
            Next::Void => void(app, ctx, id).await?,
            Next::Refund(refund) => match app.provider.refund(ctx, id, refund.id, refund.amount).await {
                Ok(seen) => {
                    app.learn(ctx, id, seen).await?;
                }
                Err(error) if error.is(&codes::PROVIDER_REFUSED) => {
                    actions::note_refused(app, ctx, id, refund.id).await?;
                    look(app, ctx, id).await?;
                    return Err(codes::UNSETTLED.because("a refund was refused", error));
                }
                Err(error) => return Err(error),
            },
        }
    }
    Err(codes::UNSETTLED.error("the payment needs more steps than it should"))
}

// Whether something was learnt: else only time helps.
async fn ask(app: &Arc<App>, ctx: &Context, payment: Payment, age: Duration) -> Result<bool> {
    let id = payment.id;
    match app.provider.find(ctx, id).await? {
        Some(seen) if seen.charge != Charge::Unknown => {
            app.learn(ctx, id, seen).await?;
            Ok(true)
        }
        // The provider is still thinking, for a buyer who has gone.
        Some(_) if payment.released || age > DECIDED_WITHIN => {
            void(app, ctx, id).await?;
            Ok(true)
        }
        None if age > ARRIVES_WITHIN => {
            let charge = Charge::Declined { reason: Payment::NEVER_ARRIVED.to_owned() };
            app.learn(ctx, id, Seen { amount: payment.amount, charge, refunds: Vec::new() }).await?;
            Ok(true)
        }
        Some(_) | None => {
            look_later(app, ctx, id, age).await?;
            Ok(false)
        }
    }
}

// Somebody was not sure whether a call had an effect. It is looked for as long as it may be on its way.
async fn dispel(app: &Arc<App>, ctx: &Context, payment: Payment, age: Duration) -> Result<()> {
    let id = payment.id;
    let now = look(app, ctx, id).await?;
    if now.is_none_or(|now| now == payment) && age <= ARRIVES_WITHIN {
        return look_later(app, ctx, id, age).await;
    }
    app.db.write(ctx, move |tx| store::look_at(tx, id, None)).await
}

async fn look_later(app: &Arc<App>, ctx: &Context, id: PaymentId, age: Duration) -> Result<()> {
    let pause = age.clamp(LOOK_AGAIN.0, LOOK_AGAIN.1);
    app.db.write(ctx, move |tx| store::look_at(tx, id, Some(tx.now() + pause))).await
}

/// Notes that it is not known whether a call had an effect, so that it is looked for although nobody asks again.
pub async fn doubt(app: &Arc<App>, ctx: &Context, id: PaymentId) -> Result<()> {
    app.db.write(ctx, move |tx| store::look_at(tx, id, Some(tx.now() + LOOK_AGAIN.0))).await
}

async fn void(app: &Arc<App>, ctx: &Context, id: PaymentId) -> Result<()> {
    match app.provider.void(ctx, id).await {
        Ok(seen) => app.learn(ctx, id, seen).await.map(drop),
        // It was captured meanwhile, most likely. Then there is another step to take.
        Err(error) if error.is(&codes::PROVIDER_REFUSED) => {
            let payment = look(app, ctx, id).await?;
            if payment.is_some_and(|payment| payment.next() != Next::Void) {
                return Ok(());
            }
            Err(codes::UNSETTLED.because("the provider does not let go", error))
        }
        Err(error) => Err(error),
    }
}

async fn look(app: &Arc<App>, ctx: &Context, id: PaymentId) -> Result<Option<Payment>> {
    match app.provider.find(ctx, id).await? {
        Some(seen) => app.learn(ctx, id, seen).await.map(Some),
        None => Ok(None),
    }
}

/// Has every payment seen to whose time has come.
pub async fn sweep(app: &Arc<App>, ctx: &Context) -> Result<()> {
    let now = app.clock.now();
    // What lies further ahead than any look was put off was put there before the wall clock stepped back.
    let beyond = now + LOOK_AGAIN.1;
    let due = app.db.read(ctx, move |view| store::to_look_at(view, now, beyond, SWEEP_LIMIT)).await?;
    if !due.is_empty() {
        tracing::info!(payments = due.len(), "payments wait for the provider");
        let shared = Arc::clone(app);
        let inner = ctx.clone();
        app.db
            .write(ctx, move |tx| {
                for id in &due {
                    if let Some(payment) = store::payment(tx, *id)? {
                        enqueue(&shared.jobs, tx, &inner, &payment)?;
                        // So that one that fails again and again does not stand before the others.
                        store::look_at(tx, *id, Some(tx.now() + LOOK_AGAIN.0))?;
                    }
                }
                Ok(())
            })
            .await?;
    }
    app.db.write(ctx, |tx| store::webhooks::prune(tx, tx.now() - WEBHOOKS_KEPT, PRUNE_LIMIT)).await.map(drop)
}
