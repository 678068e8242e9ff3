//! Hold pieces for a while.

use mainstay_access::Relation;
use mainstay_core::{Context, Result, Timestamp};
use shop_access_contracts::STOCK_RESERVE;

use super::Stock;
use super::take::take_all;
use crate::codes::OUT_OF_STOCK;
use crate::model::{OnReserve, ReservationId, State, VariantId, check_expiry, merge_lines, on_reserve};
use crate::store;

/// What to hold, and until when.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// Names the reservation for its whole life; a repeat of the same request is the same reservation.
    pub id: ReservationId,
    /// Pieces by variant; a variant may stand in several lines.
    pub lines: Vec<(VariantId, u32)>,
    /// When the pieces go back unless they were committed.
    pub expires_at: Timestamp,
}

/// Holds all lines or none. Services only.
///
/// # Errors
/// `inventory.out_of_stock` with a field for each short line, `inventory.released` after a Release,
/// `inventory.hold_expired` for an expiry that has passed, `inventory.reservation_reused` for other lines than before.
pub async fn reserve(stock: &Stock, ctx: &Context, asked: Reserve) -> Result<()> {
    stock.access.require(ctx, STOCK_RESERVE, Relation::Other)?;
    let Reserve { id, lines, expires_at } = asked;
    let lines = merge_lines(lines)?;
    let (outbox, who) = (stock.outbox.clone(), ctx.clone());
    let write = move |tx: &mainstay_sql::Tx<'_>| {
        let existing = store::reservation(tx, id)?;
        match on_reserve(existing.as_ref(), &lines)? {
            OnReserve::Done => return Ok(()),
            OnReserve::Take => {
                check_expiry(expires_at, tx.now())?;
                store::insert_reservation(tx, id, State::Held, expires_at, &lines)?;
            }
            OnReserve::TakeAgain => {
                check_expiry(expires_at, tx.now())?;
                store::set_state(tx, id, State::Held, Some(expires_at))?;
            }
        }
        take_all(tx, &outbox, &who, &lines, store::hold, &OUT_OF_STOCK, &format!("reserve:{id}"))
    };
    let outcome = stock.db.write(ctx, write).await;
    stock.metrics.reserving(&outcome);
    outcome
}
