//! Sets an amount aside.
//!
//! Two writes: that it is asked, before the provider hears of it, so that no charge can exist that nobody here knows;
//! and what came of it. A repeat finds the first and asks the provider by key before it repeats anything.

use std::sync::Arc;

use mainstay_core::{Context, Error, Money, Result, codes as core_codes};
use mainstay_sql::Tx;

use crate::app::App;
use crate::codes;
use crate::model::{Charge, CheckoutId, Payment, PaymentId, Seen};
use crate::provider::Event;
use crate::store;

// Tokens of providers are a few dozen characters.
const MAX_TOKEN_BYTES: usize = 500;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct NewPayment {
    pub id: PaymentId,
    pub checkout_id: CheckoutId,
    pub amount: Money,
    /// The provider's token for the means of payment. It is passed on and not kept.
    pub token: String,
}

/// Authorises a payment, once for its id. A decline, a challenge and an answer that is still to come are answers.
///
/// Errors: `payments.voided` when a void came first; `payments.id_reused`; `payments.provider_outcome_unknown` when
/// the provider did not answer and does not know the charge either: the same call asks again.
pub async fn authorise(app: &Arc<App>, ctx: &Context, new: NewPayment) -> Result<Payment> {
    check(&new)?;
    let NewPayment { id, amount, token, .. } = new.clone();
    let (payment, begun) = {
        let shared = Arc::clone(app);
        let inner = ctx.clone();
        app.db.write(ctx, move |tx| begin(&shared, tx, &inner, &new)).await?
    };
    if payment.charge != Charge::Unknown {
        return Ok(payment);
    }
    let known = if begun { None } else { app.provider.find(ctx, id).await? };
    let seen = match known {
        Some(seen) => seen,
        None => match app.provider.authorise(ctx, id, amount, &token).await {
            Ok(seen) => seen,
            Err(error) if error.outcome_unknown() => ask(app, ctx, id, error).await?,
            Err(error) => return Err(error),
        },
    };
    if seen.charge == Charge::Unknown {
        return Ok(payment);
    }
    let payment = app.learn(ctx, id, seen).await?;
    if payment.released {
        return Err(voided());
    }
    Ok(payment)
}

fn check(new: &NewPayment) -> Result<()> {
    if new.amount.minor <= 0 {
        return Err(core_codes::INVALID
            .error("a payment is above zero")
            .with_field("amount", "is above zero"));
    }
    if new.token.is_empty() || new.token.len() > MAX_TOKEN_BYTES {
        return Err(core_codes::INVALID
            .error("the means of payment is missing")
            .with_field("token", format!("has 1 to {MAX_TOKEN_BYTES} bytes")));
    }
    Ok(())
}

// Whether the payment began here, and how it stands.
fn begin(app: &App, tx: &Tx<'_>, ctx: &Context, new: &NewPayment) -> Result<(Payment, bool)> {
    let mut payment = Payment::new(new.id, new.checkout_id, new.amount);
    if store::insert(tx, &payment)? {
        // Webhooks that came before anybody here knew the payment, as after a restored backup.
        for body in store::webhooks::claim(tx, &new.id.to_string())? {
            app.learn_in(tx, ctx, &mut payment, &Event::parse(&body)?.charge.seen)?;
        }
        return Ok((payment, true));
    }
    // Without a payment it was a void that stood in the way.
    let payment = store::payment(tx, new.id)?.ok_or_else(voided)?;
    if payment.amount != new.amount || payment.checkout_id != new.checkout_id {
        return Err(codes::ID_REUSED.error(format!("payment {} is about {}", payment.id, payment.amount)));
    }
    if payment.released {
        return Err(voided());
    }
    Ok((payment, false))
}

// The call may have arrived: who knows is the provider.
async fn ask(app: &App, ctx: &Context, id: PaymentId, unanswered: Error) -> Result<Seen> {
    match app.provider.find(ctx, id).await {
        Ok(Some(seen)) => Ok(seen),
        Ok(None) | Err(_) => Err(unanswered),
    }
}

fn voided() -> Error {
    codes::VOIDED.error("the payment was voided before it was authorised")
}
