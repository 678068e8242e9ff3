//! Group commit: many works, one transaction, one sync.
//!
//! Each work runs in a savepoint, so that its failure undoes its own part. A failure that takes the whole
//! transaction with it is charged to the work in which it happened: that one is refused, the others run again, once,
//! each in a transaction of its own. Nobody is answered before the commit has succeeded.

use std::sync::Arc;

use mainstay_core::Result;
use mainstay_sql::{CommitHook, DatabaseMetrics, Options, Verdict, Work, codes};

use super::errors;
use super::queue::{Queue, Works};
use super::session::Session;

/// Runs and answers what the writer takes from its queue.
pub(super) struct Batches {
    pub(super) session: Session,
    database: String,
    hook: Option<Arc<dyn CommitHook>>,
    metrics: DatabaseMetrics,
    step_limit: u64,
    queue: Arc<Queue>,
    /// How many callers there were, in the batch and in line, when the last batch was done.
    pub(super) present: usize,
    /// Whether the last batch found the disk full.
    pub(super) disk_full: bool,
    /// Commits that changed something, counted from 1.
    commits: u64,
}

impl Batches {
    pub(super) fn new(session: Session, database: &str, options: &Options, queue: Arc<Queue>) -> Self {
        Self {
            session,
            database: database.to_owned(),
            hook: options.commit_hook.clone(),
            metrics: options.metrics.of(database),
            step_limit: options.step_limit,
            queue,
            present: 0,
            disk_full: false,
            commits: 0,
        }
    }

    /// Runs all works together and answers them. `works` is empty afterwards.
    pub(super) fn run(&mut self, works: &mut Works) {
        self.disk_full = false;
        self.metrics.batch_size.observe(works.len() as f64);
        if works.len() == 1 {
            return works.drain(..).for_each(|work| self.alone(work));
        }
        if let Err(error) = self.session.begin_write() {
            works.drain(..).for_each(|work| work.answer(Some(errors::again(&error))));
            return;
        }
        let mut changes = 0;
        for index in 0..works.len() {
            match self.part(works[index].as_mut()) {
                Ok(changed) => changes += changed,
                Err(loss) => {
                    tracing::warn!(database = self.database, error = loss.chain(), "a write lost its batch");
                    works.remove(index).answer(Some(loss));
                    return self.again(works);
                }
            }
        }
        match self.commit(changes) {
            Ok(()) => {
                self.present = works.len() + self.queue.len();
                works.drain(..).for_each(|work| work.answer(None));
            }
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

    /// One work in its savepoint; how many statements of it stay. An error when the transaction is gone.
    fn part(&mut self, work: &mut dyn Work) -> Result<u64> {
        let before = self.session.changes();
        let mut run = || {
            self.session.begin_work()?;
            let verdict = self.run_closure(work)?;
            match verdict {
                Verdict::Keep => self.session.keep_work().map(|()| self.session.changes() - before),
                Verdict::Undo => self.session.undo_work().map(|()| 0),
            }
        };
        run().inspect_err(|_| {
            // Without its savepoint the transaction cannot be trusted any more.
            self.give_up();
        })
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
        self.present = 1 + self.queue.len();
        work.answer(refusal);
    }

    fn alone_until_committed(&mut self, work: &mut dyn Work) -> Result<()> {
        self.session.begin_write()?;
        match self.run_closure(work) {
            Ok(Verdict::Keep) => self.commit(self.session.changes()),
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
    fn commit(&mut self, changes: u64) -> Result<()> {
        if changes > 0 {
            self.commits += 1;
            if let Some(hook) = &self.hook {
                hook.before_commit(&self.database, self.commits);
            }
        }
        let committed = self.session.commit();
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
