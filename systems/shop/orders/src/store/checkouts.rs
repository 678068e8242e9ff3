//! Checkouts: the record of whose they are, and of why they went back.

use mainstay_core::{Id, Result, Timestamp, codes};
use mainstay_sql::{Tx, View};
use mainstay_workflow::{Failure, RunEnd};
use shop_orders_contracts::Checkout;

use crate::checkout::CheckoutState;
use crate::model::Owner;

pub struct CheckoutRow {
    pub owner: Owner,
    /// Why it went back, once it has.
    pub failure: Option<Failure>,
}

pub fn insert_checkout(tx: &Tx<'_>, id: Id<Checkout>, owner: &Owner) -> Result<()> {
    tx.execute(
        "INSERT INTO checkouts (id, owner, created_at) VALUES (?1, ?2, ?3)",
        &[(&id).into(), owner.0.as_str().into(), tx.now().into()],
    )
    .map(drop)
}

pub fn checkout(view: &View<'_>, id: Id<Checkout>) -> Result<Option<CheckoutRow>> {
    view.query_one("SELECT owner, failure FROM checkouts WHERE id = ?1", &[(&id).into()], |row| {
        let failure: Option<String> = row.get(1)?;
        Ok(CheckoutRow {
            owner: Owner(row.get(0)?),
            failure: failure.as_deref().map(read_failure).transpose()?,
        })
    })
}

/// Keeps the reason of a checkout that went back: runs are pruned sooner than checkouts.
pub fn end_checkout(tx: &Tx<'_>, end: &RunEnd, state: &CheckoutState) -> Result<()> {
    let RunEnd::Undone(failure) = end else { return Ok(()) };
    let failure = serde_json::to_string(failure)
        .map_err(|error| codes::INTERNAL.because("a failure could not be stored", error))?;
    tx.execute(
        "UPDATE checkouts SET failure = ?2 WHERE id = ?1",
        &[(&state.checkout_id).into(), failure.as_str().into()],
    )
    .map(drop)
}

/// Deletes checkouts that went back and were begun before `before`, at most `limit`; how many there were.
pub fn forget_refused(tx: &Tx<'_>, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM checkouts WHERE id IN (SELECT id FROM checkouts
             WHERE failure IS NOT NULL AND created_at < ?1 ORDER BY created_at LIMIT ?2)",
        &[before.into(), limit.into()],
    )
}

fn read_failure(text: &str) -> Result<Failure> {
    serde_json::from_str(text)
        .map_err(|error| codes::DATA_LOSS.because("a stored failure cannot be read", error))
}
