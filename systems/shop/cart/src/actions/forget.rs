//! Delete carts that nobody has touched for long, with the addresses and tokens in them.

use std::time::Duration;

use mainstay_core::{Context, Result};
use mainstay_sql::{Database, Lease, Tx};

use crate::model::CartId;
use crate::store;

/// Carts looked at in one transaction: a few milliseconds, so that buyers do not wait behind it.
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
}

/// Goes through all carts, page by page, and deletes those that were last changed longer than `keep` ago.
pub async fn forget(db: &Database, ctx: &Context, lease: &Lease, keep: Duration) -> Result<Forgotten> {
    let mut forgotten = Forgotten::default();
    let mut after: Option<CartId> = None;
    loop {
        let (carts, called_off, next) = db.write_as(ctx, lease, page_after(after, keep)).await?;
        forgotten.carts += carts;
        forgotten.called_off += called_off;
        if next.is_none() && called_off < u64::from(PAGE) {
            return Ok(forgotten);
        }
        after = next.or(after);
    }
}

type Page = (u64, u64, Option<CartId>);

fn page_after(after: Option<CartId>, keep: Duration) -> impl FnMut(&Tx<'_>) -> Result<Page> + Send + 'static {
    move |tx| {
        let (carts, next) = store::forget_carts(tx, after, tx.now() - keep, PAGE)?;
        let called_off = store::forget_called_off(tx, tx.now() - CALLED_OFF_FOR, PAGE)?;
        Ok((carts, called_off, next))
    }
}
