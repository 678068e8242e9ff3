//! A service's jobs: what kinds there are, and the way in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Id, Result, Shutdown, Tasks};
use mainstay_sql::{Database, Leadership, Tx, Wake};
use parking_lot::Mutex;

use crate::codes;
use crate::job::{Job, JobKind, Registered};
use crate::metrics::Metrics;
use crate::new_job::{MAX_UNIQUE_KEY_BYTES, NewJob};
use crate::runner::Runner;
use crate::schedule::Schedule;
use crate::store;
use crate::trace;

/// Enqueues jobs, and runs them under the service's lease. Cheap to clone.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Database,
    pub(crate) leadership: Arc<Leadership>,
    pub(crate) tasks: Tasks,
    pub(crate) wake: Arc<Wake>,
    pub(crate) metrics: Metrics,
    pub(crate) concurrency: usize,
    pub(crate) pace: Duration,
    pub(crate) keep_done: Duration,
    registered: Mutex<BTreeMap<&'static str, Registered>>,
    schedules: Mutex<Vec<Schedule>>,
}

/// What enqueueing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    pub id: Id<JobKind>,
    /// A job with the same unique key was there already; `id` is its.
    pub existed: bool,
}

impl Jobs {
    /// How many jobs of all kinds run at a time: far more than two cores compute, enough for jobs that mostly wait.
    pub const CONCURRENCY: usize = 32;
    /// How long a finished job can be looked at.
    pub const KEEP_DONE: Duration = Duration::from_secs(86_400);

    /// Jobs that are kept in `db`, which has [`crate::MIGRATIONS`].
    pub fn new(db: Database, leadership: Arc<Leadership>, tasks: Tasks) -> Self {
        Self(Arc::new(Inner {
            db,
            leadership,
            tasks,
            wake: Wake::new(),
            metrics: Metrics::unregistered(),
            concurrency: Self::CONCURRENCY,
            pace: Duration::ZERO,
            keep_done: Self::KEEP_DONE,
            registered: Mutex::default(),
            schedules: Mutex::default(),
        }))
    }

    /// Counts into these metrics instead of ones that nobody collects. Before the handle is cloned.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        self.changed(|inner| inner.metrics = metrics)
    }

    /// Another bound than [`Jobs::CONCURRENCY`].
    #[must_use]
    pub fn with_concurrency(self, jobs: usize) -> Self {
        self.changed(|inner| inner.concurrency = jobs.max(1))
    }

    /// The least time between two writes of the loop, by the machine's clock: none unless told. Under load jobs that end
    /// and jobs that come share one. The first after a pause is written at once, and so is, where jobs wait for a place,
    /// the end of half of those that hold one.
    #[must_use]
    pub fn with_pace(self, pace: Duration) -> Self {
        self.changed(|inner| inner.pace = pace)
    }

    /// Another time than [`Jobs::KEEP_DONE`].
    #[must_use]
    pub fn with_done_kept_for(self, time: Duration) -> Self {
        self.changed(|inner| inner.keep_done = time)
    }

    fn changed(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        match Arc::get_mut(&mut self.0) {
            Some(inner) => change(inner),
            // A clone is out already; it was built with what it has.
            None => tracing::warn!("jobs were configured after they were handed out; nothing changed"),
        }
        self
    }

    /// Says how jobs of one kind are done; before [`Jobs::run`]. `jobs.bad_registration` when the kind has a handler.
    ///
    /// Jobs of a kind that this release does not know stay queued for one that does.
    pub fn register<J: Job>(&self, job: J) -> Result<()> {
        let mut registered = self.0.registered.lock();
        if registered.contains_key(J::KIND) {
            return Err(codes::BAD_REGISTRATION.error(format!("{} has a handler already", J::KIND)));
        }
        registered.insert(J::KIND, Registered::new(job));
        Ok(())
    }

    /// Fires `job` whenever the cron pattern matches (UTC; five fields, or six with seconds first); before
    /// [`Jobs::run`]. While the former firing's job is queued or running, a firing is passed over.
    ///
    /// Errors: `jobs.bad_schedule` for the pattern, `jobs.bad_registration` when the name is taken.
    pub fn schedule(&self, name: impl Into<String>, pattern: &str, job: NewJob) -> Result<()> {
        let name = name.into();
        let job = job.unique(format!("schedule:{name}"));
        let schedule = Schedule::new(name, pattern, job, self.0.db.clock().now())?;
        let mut schedules = self.0.schedules.lock();
        if schedules.iter().any(|known| known.name == schedule.name) {
            return Err(codes::BAD_REGISTRATION.error(format!("two schedules are called {}", schedule.name)));
        }
        schedules.push(schedule);
        Ok(())
    }

    /// Enqueues a job if, and only if, the transaction commits. It runs as `ctx`: tenant, principal and trace are kept.
    ///
    /// `jobs.too_large` for a unique key above [`MAX_UNIQUE_KEY_BYTES`].
    pub fn enqueue(&self, tx: &Tx<'_>, ctx: &Context, job: NewJob) -> Result<Enqueued> {
        if job.unique.as_ref().is_some_and(|key| key.len() > MAX_UNIQUE_KEY_BYTES) {
            return Err(
                codes::TOO_LARGE.error(format!("a unique key has at most {MAX_UNIQUE_KEY_BYTES} bytes"))
            );
        }
        let id = Id::generate(self.0.db.clock());
        let span = trace::sending(ctx, job.kind, &id);
        let enqueued = store::insert(tx, &span.context(), id, &job)?;
        if !enqueued.existed {
            tx.after_commit(&self.0.wake);
            self.0.metrics.enqueued(job.kind);
        }
        Ok(enqueued)
    }

    /// Runs jobs and schedules while this process holds the lease, until the shutdown. Then nothing new is started;
    /// what runs has [`Jobs::DRAIN`] to end and is handed over otherwise.
    pub async fn run(&self, shutdown: Shutdown) {
        let kinds = self.0.registered.lock().clone();
        let schedules = self.0.schedules.lock().clone();
        for schedule in &schedules {
            if !kinds.contains_key(schedule.job.kind) {
                let (name, kind) = (&*schedule.name, schedule.job.kind);
                tracing::error!(schedule = name, kind, "a schedule fires jobs that nothing here runs");
            }
        }
        Runner::new(Arc::clone(&self.0), kinds, schedules).run(shutdown).await;
    }

    /// How long running jobs may go on after a shutdown was asked for.
    pub const DRAIN: Duration = Duration::from_secs(10);
}
