//! Folding the log into the main file.
//!
//! SQLite would do it inside the commit that passes the threshold, before anybody is answered. Here a thread aside does
//! most of it while commits go on (see [`super::folding`]), and the writer the rest, between two batches.

use std::cell::Cell;

use mainstay_core::Result;
use mainstay_sql::DatabaseMetrics;

use super::busy;
use super::folding::{Folding, Turn};
use super::session::Session;

/// Pages of 4 KiB in the log from which on it is folded: rare enough that its syncs vanish among the commits', small
/// enough that reading through the log's index stays cheap.
const PAGES: u32 = 4_000;

/// Pages from which on the writer also waits (briefly) for readers, so that the log can begin anew. Without that, a
/// stream of overlapping reads could let it grow without end.
const PAGES_TOO_MANY: u32 = 8 * PAGES;

/// Syncs of one folding: the log before, the main file after, and the log's new head with the next commit.
const SYNCS: u64 = 3;

thread_local! {
    // The binding takes a plain function as its hook; it runs on the writer's thread, within the commit.
    static LOG_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Pages in the log after the last commit of this thread.
pub(super) fn log_pages() -> u32 {
    LOG_PAGES.get()
}

/// Decides when to fold.
pub(super) struct Checkpoints {
    metrics: DatabaseMetrics,
    folding: Folding,
    next_at: u32,
}

impl Checkpoints {
    pub(super) fn watch(
        connection: &rusqlite::Connection,
        folding: Folding,
        metrics: DatabaseMetrics,
    ) -> Self {
        connection.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(pages.unsigned_abs());
            Ok(())
        }));
        Self { metrics, folding, next_at: PAGES }
    }

    /// Called by the writer when it has answered. `pressed`: the disk was just found full, and the log may hold room
    /// that could be used again.
    pub(super) fn when_due(&mut self, session: &Session<'_>, pressed: bool) {
        let pages = LOG_PAGES.get();
        if pages < PAGES {
            self.next_at = PAGES;
        }
        if pages < self.next_at && !pressed {
            return;
        }
        let waits = pages >= PAGES_TOO_MANY;
        if !waits && !pressed && self.folding.turn() == Turn::GoOn {
            return;
        }
        let outcome = if waits { busy::briefly(|| restart(session)) } else { passive(session) };
        if let Err(error) = outcome {
            tracing::warn!(error = error.chain(), "the log could not be folded into the database");
        }
        self.metrics.checkpoints.inc();
        self.metrics.syncs.inc_by(SYNCS);
        // A reader may keep the log from beginning anew; then another try is worth its syncs only after as much again.
        self.next_at = pages.saturating_add(PAGES);
    }

    /// On the way out: everything into the main file, so that it can be copied by itself.
    pub(super) fn finish(self, session: &Session<'_>) {
        // Two cannot fold at once.
        drop(self.folding);
        if let Err(error) = busy::briefly(|| truncate(session)) {
            tracing::warn!(error = error.chain(), "the log stays beside the database");
        }
    }
}

fn passive(session: &Session<'_>) -> Result<()> {
    session.own_numbers::<3>("PRAGMA wal_checkpoint(PASSIVE)").map(drop)
}

fn restart(session: &Session<'_>) -> Result<()> {
    session.own_numbers::<3>("PRAGMA wal_checkpoint(RESTART)").map(drop)
}

fn truncate(session: &Session<'_>) -> Result<()> {
    session.own_numbers::<3>("PRAGMA wal_checkpoint(TRUNCATE)").map(drop)
}
