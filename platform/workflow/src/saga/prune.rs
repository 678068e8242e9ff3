//! Forgets runs that ended long ago.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Aged, Lease, Tx, View};

use super::dispatcher::Core;
use super::journal;
use super::sagas::Sagas;

/// Between two looks for runs to forget, when there was nothing to do.
const PERIOD: Duration = Duration::from_secs(60);

/// Runs that are looked at in one write: a few milliseconds of the database's time.
const BATCH: u32 = 200;

impl Sagas {
    /// Forgets runs that ended before `before`, beginning after the run number `after`, of a bounded number that it
    /// looks at. Returns where to go on; `None` when there are no older ones.
    pub fn prune(&self, tx: &Tx<'_>, before: Timestamp, after: i64) -> Result<Option<i64>> {
        prune(tx, before, after)
    }
}

/// Runs that ended, and how many of them did before `before`.
pub fn ended(view: &View<'_>, before: Timestamp) -> Result<Aged> {
    view.aged(
        "SELECT count(*), min(ended_at), sum(ended_at < ?1) FROM saga_runs WHERE ended_at IS NOT NULL",
        &[before.into()],
    )
}

fn prune(tx: &Tx<'_>, before: Timestamp, after: i64) -> Result<Option<i64>> {
    // In the order of their start: nothing that was started after `before` can have ended before it, so the look ends
    // at the first of those, and no index on the end is needed. The youngest run stays, whatever its age: numbers are
    // given out from the greatest on, and a number must not be given twice while a dispatcher counts on it.
    let rows = tx.query(
        "SELECT number, started_at, ended_at FROM saga_runs
         WHERE number > ?1 AND number < (SELECT max(number) FROM saga_runs) ORDER BY number LIMIT ?2",
        &[after.into(), BATCH.into()],
        |row| Ok((row.get::<i64>(0)?, row.get::<Timestamp>(1)?, row.get::<Option<Timestamp>>(2)?)),
    )?;
    for (number, _, ended_at) in rows.iter().take_while(|(_, started_at, _)| *started_at < before) {
        if ended_at.is_some_and(|ended_at| ended_at < before) {
            journal::forget(tx, *number)?;
            tx.execute("DELETE FROM saga_signals WHERE number = ?1", &[(*number).into()])?;
            tx.execute("DELETE FROM saga_runs WHERE number = ?1", &[(*number).into()])?;
        }
    }
    let go_on =
        rows.len() == BATCH as usize && rows.last().is_some_and(|(_, started_at, _)| *started_at < before);
    Ok(rows.last().filter(|_| go_on).map(|(number, _, _)| *number))
}

/// Prunes by the age in the options for as long as the lease holds.
pub(super) async fn keep_pruning(core: Arc<Core>, lease: Lease) {
    let mut after = 0;
    while !lease.is_lost() {
        let before = core.db.clock().now() - core.options.keep;
        match core.db.write_as(&core.context(), &lease, move |tx| prune(tx, before, after)).await {
            Ok(Some(next)) => after = next,
            Ok(None) => {
                after = 0;
                core.db.clock().sleep(PERIOD).await;
            }
            Err(error) => {
                tracing::warn!(error = error.chain(), "ended runs could not be pruned; it is tried again");
                core.db.clock().sleep(PERIOD).await;
            }
        }
    }
}
