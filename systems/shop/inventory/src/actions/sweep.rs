//! Give back what reservations hold past their time, and forget those that came to nothing long ago.

use std::time::Duration;

use mainstay_core::{Context, Result};
use mainstay_sql::{Lease, Tx};

use super::Stock;
use crate::model::State;
use crate::{events, store};

/// Most reservations of one sweep: some ten milliseconds of the writer's time, so that buyers do not wait behind it.
pub const SWEEP_MAX: u32 = 200;

/// How long a released or expired reservation is remembered. A late Reserve is refused only while its Release is
/// known, and no saga retries for a month.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Reservations whose pieces went back.
    pub expired: u32,
    /// Old reservations that were deleted.
    pub forgotten: u64,
}

impl Swept {
    /// Whether there may be more to do at once.
    pub fn is_full(self) -> bool {
        self.expired >= SWEEP_MAX || self.forgotten >= u64::from(SWEEP_MAX)
    }
}

/// One sweep, in one transaction, written only while the lease holds. Finding nothing to do costs one read.
pub async fn sweep(stock: &Stock, ctx: &Context, lease: &Lease) -> Result<Swept> {
    let now = stock.db.clock().now();
    if !stock.db.read(ctx, move |view| store::work_for_sweep(view, now, now - REMEMBERED)).await? {
        return Ok(Swept::default());
    }
    let (outbox, who) = (stock.outbox.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let mut swept = Swept::default();
        let mut last = None;
        for (id, variant, quantity) in store::overdue(tx, tx.now(), SWEEP_MAX)? {
            if last != Some(id) {
                store::set_state(tx, id, State::Expired, None)?;
                swept.expired += 1;
                last = Some(id);
            }
            let level = store::give_back(tx, variant, quantity)?;
            events::stock_changed(&outbox, tx, &who, variant, level, &format!("expire:{id}"))?;
        }
        swept.forgotten = store::forget(tx, tx.now() - REMEMBERED, SWEEP_MAX)?;
        Ok(swept)
    };
    let swept = stock.db.write_as(ctx, lease, write).await?;
    stock.metrics.expired.inc_by(swept.expired.into());
    Ok(swept)
}
