//! Lets go of a payment, whatever its state.
//!
//! One write: the decision, and the job that carries it to the provider and repeats until it is done. So a void never
//! fails for the provider's sake, and what lands after it is undone by the same job.

use std::sync::Arc;

use mainstay_core::{Context, Result};
use shop_payments_contracts::v1::Payment as PaymentMessage;

use crate::app::App;
use crate::events;
use crate::model::PaymentId;
use crate::store;

/// Voids a payment, once. Of an unknown one it is recorded, and its Authorise is refused from then on.
pub async fn void(app: &Arc<App>, ctx: &Context, id: PaymentId) -> Result<PaymentMessage> {
    let shared = Arc::clone(app);
    let inner = ctx.clone();
    app.db
        .write(ctx, move |tx| {
            let Some(mut payment) = store::payment(tx, id)? else {
                store::void_early(tx, id)?;
                return Ok(events::early_void(id));
            };
            let before = events::face(&payment)?;
            if payment.release()? {
                shared.keep(tx, &inner, &payment, &before)?;
            }
            events::message(&payment)
        })
        .await
}
