//! Takes in a webhook: proven, once for each event, in any order.
//!
//! Most webhooks tell what the answer to our own call has told already. Those are looked at and not written: what
//! teaches nothing now teaches nothing later, since a payment only goes forward.

use std::sync::Arc;

use bytes::Bytes;
use mainstay_core::{Context, Result};
use mainstay_sql::View;

use crate::app::App;
use crate::codes;
use crate::model::PaymentId;
use crate::provider::Event;
use crate::store;

// Bodies kept for payments that nobody knows. Only a provider with the right secret can fill it; it sends again.
const MAX_KEPT: u64 = 10_000;

/// Takes in what the provider tells unasked. `Ok` only when it is stored or was known: all else the provider sends
/// again.
///
/// Errors: `payments.webhook_signature` when it is not the provider who sent it just now;
/// `payments.webhook_unreadable`; `payments.mismatch`; `payments.webhooks_full`.
pub async fn receive_webhook(app: &Arc<App>, ctx: &Context, signature: &str, body: Bytes) -> Result<()> {
    let outcome = receive(app, ctx, signature, body).await;
    let counter = match &outcome {
        Ok(true) => &app.metrics.webhooks_taken,
        Ok(false) => &app.metrics.webhooks_repeated,
        Err(_) => &app.metrics.webhooks_refused,
    };
    counter.inc();
    outcome.map(drop)
}

// Whether it was news.
async fn receive(app: &Arc<App>, ctx: &Context, signature: &str, body: Bytes) -> Result<bool> {
    app.webhook_secret.verify(signature, &body, app.clock.now())?;
    let event = Arc::new(Event::parse(&body)?);
    let told = Arc::clone(&event);
    if app.db.read(ctx, move |view| is_known(view, &told)).await? {
        return Ok(false);
    }
    let shared = Arc::clone(app);
    let inner = ctx.clone();
    app.db
        .write(ctx, move |tx| {
            let reference = &event.charge.reference;
            if !store::webhooks::take(tx, &event.id, reference)? {
                return Ok(false);
            }
            // A name that is no payment's id is another system's charge: noted, so that it is not sent for ever.
            let Ok(id) = reference.parse::<PaymentId>() else { return Ok(true) };
            match store::payment(tx, id)? {
                Some(mut payment) => shared.learn_in(tx, &inner, &mut payment, &event.charge.seen)?,
                None if store::webhooks::kept(tx)? >= MAX_KEPT => {
                    return Err(codes::KEPT_FULL.error("too many webhooks wait for their payments"));
                }
                None => store::webhooks::keep(tx, &event.id, &body)?,
            }
            Ok(true)
        })
        .await
}

// Whether the payment is ours and has heard all that the event tells.
fn is_known(view: &View<'_>, event: &Event) -> Result<bool> {
    let Ok(id) = event.charge.reference.parse::<PaymentId>() else { return Ok(false) };
    match store::payment(view, id)? {
        Some(mut payment) => Ok(!payment.learn(&event.charge.seen)?.changed),
        None => Ok(false),
    }
}
