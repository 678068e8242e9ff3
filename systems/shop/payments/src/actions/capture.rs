//! Takes what was authorised.
//!
//! One write, of the result. No intent is written first: the capture has a key that the provider honours, the charge
//! is known here already, and whoever dies in between asks again and gets the same answer. When the answer is lost,
//! that is written, so that it is looked for even if nobody asks again.

use std::sync::Arc;

use mainstay_core::{Context, Result};

use crate::app::App;
use crate::codes;
use crate::model::{Charge, Payment, PaymentId};
use crate::settle;
use crate::store;

/// Captures a payment in full, once.
///
/// Errors: `payments.unknown_payment`, `payments.voided`, `payments.declined`, `payments.not_authorised` by its state;
/// `payments.provider_outcome_unknown` when the provider has not said: the same call asks again.
pub async fn capture(app: &Arc<App>, ctx: &Context, id: PaymentId) -> Result<Payment> {
    let mut payment = app.db.read(ctx, move |view| store::known_or_voided(view, id)).await?;
    if payment.charge == Charge::Unknown && !payment.released {
        payment = ask(app, ctx, payment).await?;
    }
    if payment.charge != Charge::Authorised || payment.released {
        return captured(payment);
    }
    let payment = match app.provider.capture(ctx, id).await {
        Ok(seen) => app.learn(ctx, id, seen).await?,
        // The provider may have done it, or may know of something that forbids it: its present word decides.
        Err(error) if error.outcome_unknown() || error.is(&codes::PROVIDER_REFUSED) => {
            match ask(app, ctx, payment).await {
                Ok(asked) if asked.charge != Charge::Authorised => asked,
                // It may still arrive.
                Ok(_) | Err(_) => {
                    settle::doubt(app, ctx, id).await?;
                    return Err(error);
                }
            }
        }
        Err(error) => return Err(error),
    };
    captured(payment)
}

async fn ask(app: &Arc<App>, ctx: &Context, payment: Payment) -> Result<Payment> {
    match app.provider.find(ctx, payment.id).await? {
        Some(seen) => app.learn(ctx, payment.id, seen).await,
        None => Ok(payment),
    }
}

fn captured(payment: Payment) -> Result<Payment> {
    if payment.released {
        return Err(codes::VOIDED.error("the payment was voided"));
    }
    match &payment.charge {
        Charge::Captured => Ok(payment),
        Charge::Voided => Err(codes::VOIDED.error("the payment was voided at the provider")),
        Charge::Declined { reason } => {
            Err(codes::DECLINED.error(format!("the payment was declined: {reason}")))
        }
        Charge::Challenge { .. } => {
            Err(codes::NOT_AUTHORISED.error("the buyer has not passed the challenge"))
        }
        Charge::Unknown | Charge::Authorised => {
            Err(codes::PROVIDER_UNKNOWN.error("the provider has not decided about the payment"))
        }
    }
}
