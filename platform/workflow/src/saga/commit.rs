//! The writes of a run: under the lease, and told apart by who is to blame when one fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mainstay_core::{Context, Error, Result, codes};
use mainstay_sql::Tx;
use mainstay_sql::codes as sql;

use super::dispatcher::Term;

/// Between two tries of a write that the database could not take; doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// A full disk is looked at this often, so the runs go on within seconds of there being room.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Why a write of a run did not happen.
pub(super) enum Uncommitted {
    /// This process may not write for the run any more; whoever may goes on from the table.
    Lost,
    /// The step's own part of the write failed: an error of the step like any other.
    Refused(Error),
}

/// Marks the stretches of a write that are the step's own doing, panics included.
#[derive(Default)]
pub(super) struct Blame(AtomicBool);

impl Blame {
    /// Runs what the saga's author wrote.
    pub fn theirs<T>(&self, part: impl FnOnce() -> Result<T>) -> Result<T> {
        self.0.store(true, Ordering::Relaxed);
        let outcome = part();
        if outcome.is_ok() {
            self.0.store(false, Ordering::Relaxed);
        }
        outcome
    }
}

/// Commits `work` as the holder of the term's lease. It is tried again for as long as the database is in trouble: a
/// full disk is no reason to take back what a step did.
pub(super) async fn commit<T, F>(term: &Term, ctx: &Context, work: F) -> Result<T, Uncommitted>
where
    F: Fn(&Tx<'_>, &Blame) -> Result<T> + Send + Sync + 'static,
    T: Send + 'static,
{
    let work = Arc::new((work, Blame::default()));
    let mut pause = FIRST_PAUSE;
    loop {
        let shared = Arc::clone(&work);
        let outcome = term.db.write_as(ctx, &term.lease, move |tx| (shared.0)(tx, &shared.1)).await;
        let error = match outcome {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let theirs = work.1.0.swap(false, Ordering::Relaxed);
        if error.is(&sql::LEASE_LOST) || error.is(&sql::CLOSED) {
            return Err(Uncommitted::Lost);
        }
        let trouble = [&sql::FULL, &sql::IO, &sql::BUSY, &sql::INTERRUPTED].iter().any(|code| error.is(code));
        if theirs && !trouble {
            return Err(Uncommitted::Refused(error));
        }
        if error.is(&sql::UNIQUE) {
            // The entry is there: the same write got through although it was answered otherwise, or somebody else
            // has the run. Either way the table knows better than this task.
            tracing::warn!(
                error = error.chain(),
                "a run was written by somebody else and is left to the table"
            );
            return Err(Uncommitted::Lost);
        }
        if !trouble && !error.is(&codes::OVERLOADED) {
            tracing::error!(
                error = error.chain(),
                "a run's progress could not be written; it is tried again"
            );
        }
        term.core.metrics.storage_trouble.inc();
        if term.is_over() {
            return Err(Uncommitted::Lost);
        }
        term.db.clock().sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
