//! Gives back part or all of a captured payment.
//!
//! Two writes: the refund that is asked for, so that two refunds at once cannot exceed what was taken; and what the
//! provider said.

use std::sync::Arc;

use mainstay_core::{Context, Error, Money, Result};

use crate::app::App;
use crate::codes;
use crate::events;
use crate::model::{Payment, PaymentId, Refund, RefundId, RefundState};
use crate::store;

/// Refunds, once for the refund's id.
///
/// Errors: `payments.unknown_payment`, `payments.not_captured`, `payments.exceeds`, `payments.id_reused`,
/// `payments.refund_refused`; `payments.provider_outcome_unknown` when the provider has not said: it is asked until it
/// does, and the same call tells.
pub async fn refund(
    app: &Arc<App>,
    ctx: &Context,
    id: PaymentId,
    refund_id: RefundId,
    amount: Money,
) -> Result<Payment> {
    let payment = begin(app, ctx, id, refund_id, amount).await?;
    match state_of(&payment, refund_id) {
        Some(RefundState::Given) => return Ok(payment),
        Some(RefundState::Refused) => return Err(refused()),
        Some(RefundState::Asked) | None => {}
    }
    match app.provider.refund(ctx, id, refund_id, amount).await {
        Ok(seen) => app.learn(ctx, id, seen).await,
        Err(error) if error.is(&codes::PROVIDER_REFUSED) => {
            note_refused(app, ctx, id, refund_id).await?;
            Err(codes::REFUND_REFUSED.because("the provider refused the refund", error))
        }
        Err(error) if error.outcome_unknown() => ask(app, ctx, id, refund_id, error).await,
        Err(error) => Err(error),
    }
}

async fn begin(
    app: &Arc<App>,
    ctx: &Context,
    id: PaymentId,
    refund_id: RefundId,
    amount: Money,
) -> Result<Payment> {
    app.db
        .write(ctx, move |tx| {
            let mut payment = store::known_or_voided(tx, id)?;
            let known = payment.refunds.len();
            payment.ask_refund(refund_id, amount)?;
            // No job yet: the caller waits for the answer. The sweep comes after those who died.
            if payment.refunds.len() > known {
                store::save(tx, &payment)?;
            }
            Ok(payment)
        })
        .await
}

async fn ask(
    app: &Arc<App>,
    ctx: &Context,
    id: PaymentId,
    refund_id: RefundId,
    unanswered: Error,
) -> Result<Payment> {
    let Ok(Some(seen)) = app.provider.find(ctx, id).await else { return Err(unanswered) };
    let payment = app.learn(ctx, id, seen).await?;
    match state_of(&payment, refund_id) {
        Some(RefundState::Given) => Ok(payment),
        Some(RefundState::Asked | RefundState::Refused) | None => Err(unanswered),
    }
}

/// Notes that the provider refused a refund.
pub async fn note_refused(app: &Arc<App>, ctx: &Context, id: PaymentId, refund_id: RefundId) -> Result<()> {
    let shared = Arc::clone(app);
    let inner = ctx.clone();
    app.db
        .write(ctx, move |tx| {
            let mut payment = store::known(store::payment(tx, id)?)?;
            let before = events::face(&payment)?;
            if payment.refund_refused(refund_id) {
                shared.keep(tx, &inner, &payment, &before)?;
            }
            Ok(())
        })
        .await
}

fn state_of(payment: &Payment, id: RefundId) -> Option<RefundState> {
    payment.refunds.iter().find(|refund| refund.id == id).map(|refund: &Refund| refund.state)
}

fn refused() -> Error {
    codes::REFUND_REFUSED.error("the provider refused the refund")
}
