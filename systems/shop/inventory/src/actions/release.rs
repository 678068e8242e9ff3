//! Give reserved pieces back, or see to it that they are never taken.

use mainstay_access::Relation;
use mainstay_core::{Context, Result};
use mainstay_sql::Tx;
use shop_access_contracts::STOCK_RESERVE;

use super::Stock;
use crate::model::{OnRelease, ReservationId, State, on_release};
use crate::{events, store};

/// Releases a reservation. One that nobody has made is recorded as called off, so that a late Reserve is refused.
/// Services only.
///
/// # Errors
/// `inventory.committed` when the pieces have left the stock.
pub async fn release(stock: &Stock, ctx: &Context, id: ReservationId) -> Result<()> {
    stock.access.require(ctx, STOCK_RESERVE, Relation::Other)?;
    let (outbox, who) = (stock.outbox.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let existing = store::reservation(tx, id)?;
        match on_release(existing.as_ref())? {
            OnRelease::Done => Ok(()),
            OnRelease::CallOff => store::insert_reservation(tx, id, State::Released, tx.now(), &[]),
            OnRelease::Note => store::set_state(tx, id, State::Released, None),
            OnRelease::GiveBack => {
                let cause = format!("release:{id}");
                for (variant, quantity) in existing.into_iter().flat_map(|reservation| reservation.lines) {
                    let level = store::give_back(tx, variant, quantity)?;
                    events::stock_changed(&outbox, tx, &who, variant, level, &cause)?;
                }
                store::set_state(tx, id, State::Released, None)
            }
        }
    };
    let outcome = stock.db.write(ctx, write).await;
    stock.metrics.releasing(&outcome);
    outcome
}
