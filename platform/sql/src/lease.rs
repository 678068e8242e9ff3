//! Leases: who may do a piece of work, and a number that proves it to the database.
//!
//! Every change of holder raises the lease's fencing number. A write under a lease compares the number in its own
//! transaction, so it does not matter what a former holder believes, or what the clocks say: the clocks only decide
//! when another may take over.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Result, Timestamp};
use tokio::sync::watch;

use crate::codes;
use crate::holder::Holder;
use crate::tx::Tx;
use crate::view::View;

/// A lease that was acquired. It may be lost at any moment; [`crate::Database::write_as`] is what cannot be fooled.
#[derive(Clone, Debug)]
pub struct Lease(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    name: String,
    fence: i64,
    lost: watch::Sender<bool>,
}

impl Lease {
    pub(crate) fn new(name: &str, fence: i64) -> Self {
        Self(Arc::new(Parts { name: name.to_owned(), fence, lost: watch::Sender::new(false) }))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The fencing number; a later holder has a greater one.
    pub fn fence(&self) -> i64 {
        self.0.fence
    }

    /// Whether this process knows that it is lost. `false` promises nothing.
    pub fn is_lost(&self) -> bool {
        *self.0.lost.borrow()
    }

    /// Waits until this process knows that it is lost.
    pub async fn lost(&self) {
        // The sender lives in the lease, so the wait ends only by its value.
        let _ = self.0.lost.subscribe().wait_for(|lost| *lost).await;
    }

    /// `sql.lease_lost` unless it is still the latest lease of its name, as this transaction sees it.
    pub fn check(&self, view: &View<'_>) -> Result<()> {
        let latest = view.query_own(
            "SELECT fence FROM mainstay_leases WHERE name = ?1",
            &[self.name().into()],
            |row| row.get::<i64>(0),
        )?;
        if latest == Some(self.fence()) {
            return Ok(());
        }
        self.mark_lost();
        Err(codes::LEASE_LOST.error(format!("the lease '{}' has another holder", self.name())))
    }

    pub(crate) fn mark_lost(&self) {
        self.0.lost.send_if_modified(|lost| !std::mem::replace(lost, true));
    }
}

/// Takes the lease when it is free, run out, or its holder's process is gone. `None` when somebody has it.
pub(crate) fn acquire(tx: &Tx<'_>, name: &str, holder: &Holder, ttl: Duration) -> Result<Option<i64>> {
    let current = tx.query_one(
        "SELECT holder, fence, expires_at FROM mainstay_leases WHERE name = ?1",
        &[name.into()],
        |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<Timestamp>(2)?)),
    )?;
    let fence = match current {
        Some((other, _, expires_at)) if expires_at > tx.now() && !holder.sees_dead(&other) => {
            return Ok(None);
        }
        Some((_, fence, _)) => fence + 1,
        None => 1,
    };
    tx.execute(
        "INSERT INTO mainstay_leases (name, holder, fence, expires_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET
             holder = excluded.holder, fence = excluded.fence, expires_at = excluded.expires_at",
        &[name.into(), (&holder.to_string()).into(), fence.into(), (tx.now() + ttl).into()],
    )?;
    Ok(Some(fence))
}

/// Holds the lease for another `ttl` from now. `false` when it has another holder.
pub(crate) fn renew(tx: &Tx<'_>, lease: &Lease, ttl: Duration) -> Result<bool> {
    let rows = tx.execute(
        "UPDATE mainstay_leases SET expires_at = ?3 WHERE name = ?1 AND fence = ?2",
        &[lease.name().into(), lease.fence().into(), (tx.now() + ttl).into()],
    )?;
    Ok(rows == 1)
}

/// Lets the next one in at once. The number stays, so that it never goes back; raising it ends this lease's writes.
pub(crate) fn release(tx: &Tx<'_>, lease: &Lease) -> Result<()> {
    tx.execute(
        "UPDATE mainstay_leases SET expires_at = 0, fence = fence + 1 WHERE name = ?1 AND fence = ?2",
        &[lease.name().into(), lease.fence().into()],
    )?;
    Ok(())
}
