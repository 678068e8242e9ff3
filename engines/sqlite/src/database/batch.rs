//! Group commit: many works, one transaction, one sync.
//!
//! Works share the transaction without savepoints: each would copy every page that its work touches. Where one fails
//! after it has changed something, which only a savepoint could take back alone, the batch is undone and run again with
//! them, as are those of the next while. A failure that takes the whole transaction with it is charged to the work in
//! which it happened: that one is refused, the others run again, once, each in a transaction of its own. Nobody is
//! answered before the commit has succeeded.

use std::sync::Arc;

use mainstay_core::Result;
use mainstay_sql::{CommitHook, DatabaseMetrics, Options, Verdict, Work, codes};

use super::ahead::RoomAhead;
use super::linger::Linger;
use super::queue::{Queue, Works};
use super::session::Session;
use super::{checkpoint, errors};

/// Works in one commit at most. At a few microseconds each, those that came first wait a few milliseconds for the
/// rest; larger batches would save nothing noticeable of a sync.
pub(super) const MOST: usize = 1_024;

/// After a work had to be taken back, this many batches are run with savepoints: whoever fails once may do so again.
const CAREFUL_BATCHES: u32 = 64;

/// Runs and answers what the writer takes from its queue.
pub(super) struct Batches<'c> {
    pub(super) session: Session<'c>,
    database: String,
    hook: Option<Arc<dyn CommitHook>>,
    metrics: DatabaseMetrics,
    step_limit: u64,
    queue: Arc<Queue>,
    linger: Linger,
    room: RoomAhead,
    /// Batches from now on that are run with savepoints.
    careful: u32,
    /// Whether the last batch found the disk full.
    pub(super) disk_full: bool,
    /// Commits that changed something, counted from 1.
    commits: u64,
}

/// What became of one work in a batch.
enum Part {
    /// How many statements of it stay.
    Stays(u64),
    /// It is to be undone, and only with the whole batch.
    Spoils,
}

impl<'c> Batches<'c> {
    pub(super) fn new(
        session: Session<'c>,
        room: RoomAhead,
        database: &str,
        options: &Options,
        queue: Arc<Queue>,
    ) -> Self {
        Self {
            session,
            database: database.to_owned(),
            hook: options.commit_hook.clone(),
            metrics: options.metrics.of(database),
            step_limit: options.step_limit,
            queue,
            linger: Linger::default(),
            room,
            careful: 0,
            disk_full: false,
            commits: 0,
        }
    }

    /// Runs and answers `works`, of which there are some, and those that come in time to join them. `works` is empty
    /// afterwards.
    pub(super) fn run(&mut self, works: &mut Works) {
        self.disk_full = false;
        self.linger.gather(&self.queue, works, MOST);
        self.metrics.batch_size.observe(works.len() as f64);
        if works.len() == 1 {
            return works.drain(..).for_each(|work| self.alone(work));
        }
        if let Err(error) = self.session.begin_write() {
            return works.drain(..).for_each(|work| work.answer(Some(errors::again(&error))));
        }
        let mut changes = 0;
        let mut next = 0;
        while next < works.len() {
            match self.part(works[next].as_mut()) {
                Ok(Part::Stays(changed)) => changes += changed,
                Ok(Part::Spoils) => {
                    self.careful = CAREFUL_BATCHES;
                    self.give_up();
                    if let Err(error) = self.session.begin_write() {
                        return works.drain(..).for_each(|work| work.answer(Some(errors::again(&error))));
                    }
                    // Where nothing of others is lost with it, its outcome stands.
                    if changes > 0 {
                        self.metrics.reruns.inc_by(next as u64 + 1);
                        (changes, next) = (0, 0);
                        continue;
                    }
                }
                Err(loss) => {
                    tracing::warn!(database = self.database, error = loss.chain(), "a write lost its batch");
                    works.remove(next).answer(Some(loss));
                    return self.again(works);
                }
            }
            next += 1;
        }
        self.careful = self.careful.saturating_sub(1);
        match self.commit(works.len(), changes) {
            Ok(()) => works.drain(..).for_each(|work| work.answer(None)),
            Err(error) => {
                tracing::warn!(
                    database = self.database,
                    error = error.chain(),
                    "a batch could not be committed"
                );
                self.again(works);
            }
        }
    }

    /// One work among others. An error when the transaction is gone.
    fn part(&mut self, work: &mut dyn Work) -> Result<Part> {
        let part = if self.careful > 0 { self.in_savepoint(work) } else { self.in_the_open(work) };
        part.inspect_err(|_| {
            // Nobody can tell any more what is in the transaction.
            self.give_up();
        })
    }

    fn in_savepoint(&self, work: &mut dyn Work) -> Result<Part> {
        let before = self.session.changes();
        self.session.begin_work()?;
        match self.run_closure(work)? {
            Verdict::Keep => self.session.keep_work().map(|()| Part::Stays(self.session.changes() - before)),
            Verdict::Undo => self.session.undo_work().map(|()| Part::Stays(0)),
        }
    }

    fn in_the_open(&self, work: &mut dyn Work) -> Result<Part> {
        let before = self.session.changes();
        let verdict = self.run_closure(work)?;
        let changed = self.session.changes() - before;
        let leaves_something = changed > 0 || self.session.is_in_part();
        Ok(if verdict == Verdict::Undo && leaves_something { Part::Spoils } else { Part::Stays(changed) })
    }

    /// The works of a batch that was lost: each by itself, so that none can hurt another again.
    fn again(&mut self, works: &mut Works) {
        for work in works.drain(..) {
            self.metrics.reruns.inc();
            self.alone(work);
        }
    }

    /// One work in a transaction of its own.
    fn alone(&mut self, mut work: Box<dyn Work>) {
        let refusal = self.alone_until_committed(work.as_mut()).err();
        if let Some(refusal) = &refusal {
            self.metrics.refused.inc();
            self.disk_full |= refusal.is(&codes::FULL);
        }
        work.answer(refusal);
    }

    fn alone_until_committed(&mut self, work: &mut dyn Work) -> Result<()> {
        self.session.begin_write()?;
        match self.run_closure(work) {
            Ok(Verdict::Keep) => self.commit(1, self.session.changes()),
            Ok(Verdict::Undo) => {
                self.give_up();
                Ok(())
            }
            Err(loss) => {
                self.give_up();
                Err(loss)
            }
        }
    }

    /// Runs the closure within its limit of steps. An error when it has lost the transaction.
    fn run_closure(&self, work: &mut dyn Work) -> Result<Verdict> {
        self.session.allow(work.is_bounded().then_some(self.step_limit));
        let verdict = work.run(&self.session);
        self.session.allow(None);
        self.session.loss().map_or(Ok(verdict), Err)
    }

    /// Commits; when that fails, nothing of the transaction is left.
    fn commit(&mut self, works: usize, changes: u64) -> Result<()> {
        if changes > 0 {
            self.room.make(checkpoint::log_pages());
            self.commits += 1;
            if let Some(hook) = &self.hook {
                hook.before_commit(&self.database, self.commits);
            }
        }
        let committed = self.session.commit();
        self.linger.learn(works + self.queue.len());
        if committed.is_err() {
            self.give_up();
        } else if changes > 0 {
            self.metrics.commits.inc();
            self.metrics.syncs.inc();
            if let Some(hook) = &self.hook {
                hook.after_commit(&self.database, self.commits);
            }
        }
        committed
    }

    fn give_up(&self) {
        if let Err(error) = self.session.rollback() {
            // The next BEGIN will fail and refuse; there is nothing else to try.
            tracing::error!(
                database = self.database,
                error = error.chain(),
                "a transaction could not be undone"
            );
        }
    }
}
