//! How a payment stands, from what is known here.

use std::sync::Arc;

use mainstay_core::{Context, Result};
use shop_payments_contracts::v1::Payment as PaymentMessage;

use crate::app::App;
use crate::events;
use crate::model::PaymentId;
use crate::store;

/// Reads a payment; one that was only ever voided is voided. Errors: `payments.unknown_payment`.
pub async fn get_payment(app: &Arc<App>, ctx: &Context, id: PaymentId) -> Result<PaymentMessage> {
    app.db
        .read(ctx, move |view| match store::payment(view, id)? {
            Some(payment) => events::message(&payment),
            None if store::voided_early(view, id)? => Ok(events::early_void(id)),
            None => Err(store::unknown()),
        })
        .await
}
