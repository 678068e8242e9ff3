//! Delete carts that nobody has touched for long, with the addresses and tokens in them, and what else has had its time.

use std::time::Duration;

use mainstay_core::{Context, Result};
use mainstay_http::idempotency;
use mainstay_sql::{Database, Lease};

use crate::model::CartId;
use crate::store;

/// Rows looked at in one transaction: a few milliseconds, so that buyers do not wait behind it.
const PAGE: u32 = 500;

/// How long a called-off checkout is remembered: no saga retries for a month.
const CALLED_OFF_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Carts.
    pub carts: u64,
    /// Records of checkouts that unlocked.
    pub called_off: u64,
    /// Idempotency keys.
    pub keys: u64,
}

/// Goes through all carts, page by page, and deletes those that were last changed longer than `keep` ago; then called-off
/// checkouts and idempotency keys that have had their time.
pub async fn forget(db: &Database, ctx: &Context, lease: &Lease, keep: Duration) -> Result<Forgotten> {
    let mut forgotten = Forgotten::default();
    let mut after: Option<CartId> = None;
    loop {
        let page = move |tx: &mainstay_sql::Tx<'_>| store::forget_carts(tx, after, tx.now() - keep, PAGE);
        let (carts, next) = db.write_as(ctx, lease, page).await?;
        forgotten.carts += carts;
        if next.is_none() {
            break;
        }
        after = next;
    }
    loop {
        let write = |tx: &mainstay_sql::Tx<'_>| {
            let called_off = store::forget_called_off(tx, tx.now() - CALLED_OFF_FOR, PAGE)?;
            Ok((called_off, idempotency::prune(tx, PAGE)?))
        };
        let (called_off, keys) = db.write_as(ctx, lease, write).await?;
        forgotten.called_off += called_off;
        forgotten.keys += keys;
        if called_off.max(keys) < u64::from(PAGE) {
            return Ok(forgotten);
        }
    }
}
