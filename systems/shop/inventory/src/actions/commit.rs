//! Take reserved pieces out of the stock for good.

use mainstay_access::Relation;
use mainstay_core::{Context, Result};
use mainstay_sql::Tx;
use shop_access_contracts::STOCK_RESERVE;

use super::Stock;
use super::take::take_all;
use crate::codes::HOLD_EXPIRED;
use crate::model::{Line, OnCommit, Reservation, ReservationId, State, on_commit};
use crate::{events, store};

/// Commits a reservation; one whose hold has run out takes the pieces anew if they are still there. Services only.
///
/// # Errors
/// `inventory.hold_expired` when the pieces are gone, `inventory.released` after a Release,
/// `inventory.reservation_unknown` before a Reserve.
pub async fn commit(stock: &Stock, ctx: &Context, id: ReservationId) -> Result<()> {
    stock.access.require(ctx, STOCK_RESERVE, Relation::Other)?;
    let (outbox, who) = (stock.outbox.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let existing = store::reservation(tx, id)?;
        let step = on_commit(existing.as_ref())?;
        let (Some(reservation), true) = (existing, step != OnCommit::Done) else { return Ok(()) };
        let cause = format!("commit:{id}");
        if step == OnCommit::TakeFree {
            take_all(tx, &outbox, &who, &lines(&reservation), store::take_free, &HOLD_EXPIRED, &cause)?;
        } else {
            for (variant, quantity) in reservation.lines {
                let level = store::take_held(tx, variant, quantity)?;
                events::stock_changed(&outbox, tx, &who, variant, level, &cause)?;
            }
        }
        store::set_state(tx, id, State::Committed, None)
    };
    let outcome = stock.db.write(ctx, write).await;
    stock.metrics.committing(&outcome);
    outcome
}

fn lines(reservation: &Reservation) -> Vec<Line> {
    let stored = reservation.lines.iter().enumerate();
    stored.map(|(place, &(variant, quantity))| Line { variant, quantity, place }).collect()
}
