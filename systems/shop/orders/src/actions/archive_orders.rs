//! Archive old orders, and forget checkouts that came to nothing long ago.

use std::time::Duration;

use mainstay_core::{Context, Result};
use mainstay_sql::{Database, Lease};

use crate::store;

/// Checkouts in one transaction: a millisecond of the writer's time.
const PAGE: u32 = 500;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Orders that were archived.
    pub orders: u64,
    /// Their facts.
    pub facts: u64,
    /// Refused checkouts that were deleted.
    pub checkouts: u64,
}

/// Archives orders that nothing has happened to for `keep` and that are at rest, and deletes checkouts that were begun
/// longer ago and went back. A piece a transaction, so that buyers do not wait behind it, and so that it may be broken
/// off anywhere.
pub async fn archive_orders(db: &Database, ctx: &Context, lease: &Lease, keep: Duration) -> Result<Tidied> {
    let mut tidied = Tidied::default();
    let mut after = Some(0);
    while let Some(position) = after {
        let archived =
            db.write_as(ctx, lease, move |tx| store::archive(tx, tx.now() - keep, position)).await?;
        tidied.orders += archived.aggregates;
        tidied.facts += archived.events;
        after = archived.next;
    }
    loop {
        let gone =
            db.write_as(ctx, lease, move |tx| store::forget_refused(tx, tx.now() - keep, PAGE)).await?;
        tidied.checkouts += gone;
        if gone < u64::from(PAGE) {
            return Ok(tidied);
        }
    }
}
