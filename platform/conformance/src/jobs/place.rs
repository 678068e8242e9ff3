//! Where one case of jobs runs, and the job that it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Result, Shutdown, Tasks, codes};
use mainstay_jobs::inspect::{self, JobRow, JobState};
use mainstay_jobs::{Enqueued, Job, JobContext, JobKind, Jobs, NewJob, Policy};
use mainstay_sql::{Database, Leadership, Tx, View};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use crate::case::{Outcome, told};

/// Far above what any engine needs, so that only a hang exceeds it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A job that tells what it saw. Its clones share everything.
#[derive(Clone)]
pub(super) struct Probe {
    runs: Arc<Mutex<Vec<(i64, Context)>>>,
    failures: Arc<AtomicU32>,
    gate: Arc<Semaphore>,
}

impl Default for Probe {
    fn default() -> Self {
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Self { runs: Arc::default(), failures: Arc::default(), gate }
    }
}

impl Probe {
    pub(super) const MAX_ATTEMPTS: u32 = 4;

    /// Fails on its first runs, in turn with an error and a panic.
    pub(super) fn failing(times: u32) -> Self {
        let probe = Self::default();
        probe.fail(times);
        probe
    }

    /// Does not end until it is let go.
    pub(super) fn held() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), ..Self::default() }
    }

    pub(super) fn fail(&self, times: u32) {
        self.failures.store(times, Ordering::SeqCst);
    }

    pub(super) fn let_go(&self) {
        self.gate.add_permits(1_000);
    }

    pub(super) fn numbers(&self) -> Vec<i64> {
        self.runs.lock().iter().map(|(number, _)| *number).collect()
    }

    pub(super) fn contexts(&self) -> Vec<Context> {
        self.runs.lock().iter().map(|(_, context)| context.clone()).collect()
    }
}

#[async_trait]
impl Job for Probe {
    const KIND: &'static str = "conformance.probe";
    type Payload = i64;

    fn policy(&self) -> Policy {
        Policy {
            max_attempts: Self::MAX_ATTEMPTS,
            first_retry: Duration::from_millis(5),
            longest_retry: Duration::from_millis(20),
            ..Policy::default()
        }
    }

    async fn run(&self, cx: &JobContext, number: i64) -> Result<()> {
        self.runs.lock().push((number, cx.ctx().clone()));
        // Never closed; a permit that is not given back lets exactly one run through.
        if let Ok(permit) = self.gate.acquire().await {
            permit.forget();
        }
        let left = self.failures.load(Ordering::SeqCst);
        if left == 0 {
            return Ok(());
        }
        self.failures.store(left - 1, Ordering::SeqCst);
        assert!(left.is_multiple_of(2), "on purpose");
        Err(codes::UNAVAILABLE.error("on purpose"))
    }
}

pub(super) struct Place {
    pub(super) db: Database,
    ctx: Context,
}

impl Place {
    pub(super) async fn new(db: Database) -> Outcome<Self> {
        db.migrate(&[mainstay_jobs::MIGRATIONS]).await.map_err(told)?;
        Ok(Self { db, ctx: Context::background("conformance") })
    }

    /// Jobs that are not run.
    pub(super) fn idle(&self, probe: &Probe) -> Outcome<Jobs> {
        let jobs = Jobs::new(self.db.clone(), Leadership::idle(), Tasks::new());
        jobs.register(probe.clone()).map_err(told)?;
        Ok(jobs)
    }

    pub(super) fn run(&self, probe: &Probe, concurrency: usize) -> Outcome<Worker> {
        Worker::start(&self.db, probe, concurrency, None)
    }

    pub(super) fn run_scheduled(&self, probe: &Probe, pattern: &str) -> Outcome<Worker> {
        Worker::start(&self.db, probe, 4, Some(pattern))
    }

    pub(super) async fn enqueue(&self, jobs: &Jobs, job: NewJob) -> Outcome<Enqueued> {
        let (jobs, ctx) = (jobs.clone(), self.ctx.clone());
        self.write(move |tx| jobs.enqueue(tx, &ctx, job.clone())).await
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        closure: impl FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Outcome<T> {
        self.db.write(&self.ctx, closure).await.map_err(told)
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        closure: impl FnMut(&View<'_>) -> Result<T> + Send + 'static,
    ) -> Outcome<T> {
        self.db.read(&self.ctx, closure).await.map_err(told)
    }

    pub(super) async fn until(&self, id: Id<JobKind>, state: JobState) -> Outcome<JobRow> {
        let clock = Clock::system();
        let end = clock.monotonic() + PATIENCE;
        loop {
            let row = self.read(move |view| inspect::get(view, id)).await?.ok_or("the job is gone")?;
            if row.state == state {
                return Ok(row);
            }
            if clock.monotonic() > end {
                return Err(format!("not {state:?}: {row:?}"));
            }
            clock.sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Jobs that run until they are stopped.
pub(super) struct Worker {
    pub(super) jobs: Jobs,
    tasks: Tasks,
    shutdown: Shutdown,
}

impl Worker {
    fn start(db: &Database, probe: &Probe, concurrency: usize, pattern: Option<&str>) -> Outcome<Self> {
        let (tasks, shutdown, end) = (Tasks::new(), Shutdown::new(), Shutdown::new());
        let leadership = Leadership::start(db, db.clock(), &tasks, &end);
        let jobs = Jobs::new(db.clone(), leadership, tasks.clone()).with_concurrency(concurrency);
        jobs.register(probe.clone()).map_err(told)?;
        if let Some(pattern) = pattern {
            let job = NewJob::of::<Probe>(&0).map_err(told)?;
            jobs.schedule("conformance", pattern, job).map_err(told)?;
        }
        let (worker, stop) = (jobs.clone(), shutdown.clone());
        tasks.spawn("conformance.jobs", async move {
            worker.run(stop).await;
            end.request();
        });
        Ok(Self { jobs, tasks, shutdown })
    }

    pub(super) async fn stop(self) -> Outcome {
        self.shutdown.request();
        let left = self.tasks.drain(&Clock::system(), PATIENCE).await;
        if left.is_empty() { Ok(()) } else { Err(format!("still running: {left:?}")) }
    }
}

impl Drop for Worker {
    // A case that failed in the middle leaves nothing running.
    fn drop(&mut self) {
        self.shutdown.request();
    }
}
