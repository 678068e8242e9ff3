//! A service that runs jobs in a throw-away database, and a job that does what the test says.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Error, Id, ManualClock, Result, Shutdown, Tasks, Timestamp};
use mainstay_engine_sqlite::Sqlite;
use mainstay_jobs::inspect::{self, JobRow, JobState};
use mainstay_jobs::{Enqueued, Job, JobContext, JobKind, Jobs, NewJob, Policy};
use mainstay_sql::{Database, DatabaseEngine, Leadership, Metrics, Options, Tx, View};
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::Semaphore;

pub fn start() -> Timestamp {
    "2030-01-31T12:00:00Z".parse().unwrap()
}

/// One process of a service: its database is a file in `folder`.
pub struct Node {
    pub db: Database,
    pub jobs: Jobs,

    pub time: ManualClock,
    pub ctx: Context,
    pub shutdown: Shutdown,
    pub tasks: Tasks,
    // The last one to go removes the folder.
    folder: Arc<TempDir>,
}

impl Node {
    pub async fn new() -> Self {
        Self::at(Arc::new(TempDir::new().unwrap()), Jobs::CONCURRENCY, Duration::ZERO).await
    }

    pub async fn with_concurrency(jobs: usize) -> Self {
        Self::at(Arc::new(TempDir::new().unwrap()), jobs, Duration::ZERO).await
    }

    /// With a bound on all kinds, and a pace.
    pub async fn with_pace(jobs: usize, pace: Duration) -> Self {
        Self::at(Arc::new(TempDir::new().unwrap()), jobs, pace).await
    }

    /// Another process on the same file, or the same one after it ended.
    pub async fn again(&self) -> Self {
        Self::at(Arc::clone(&self.folder), Jobs::CONCURRENCY, Duration::ZERO).await
    }

    async fn at(folder: Arc<TempDir>, concurrency: usize, pace: Duration) -> Self {
        let (clock, time) = Clock::manual(start());
        let url = format!("sqlite:{}", folder.path().display());
        let db = Sqlite.open(&url, "test", Options::new(clock, Metrics::unregistered())).unwrap();
        db.migrate(&[mainstay_jobs::MIGRATIONS]).await.unwrap();
        let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
        // By the machine's clock and until the very end: a test that moves time by hours does not mean to lose the
        // lease.
        let leadership = Leadership::start(&db, &Clock::system(), &tasks, &Shutdown::new());
        let jobs =
            Jobs::new(db.clone(), leadership, tasks.clone()).with_concurrency(concurrency).with_pace(pace);
        Self { jobs, ctx: Context::background("test"), db, time, shutdown, tasks, folder }
    }

    pub fn run(&self) -> mainstay_core::lifecycle::TaskHandle<()> {
        let (jobs, shutdown) = (self.jobs.clone(), self.shutdown.clone());
        self.tasks.spawn("jobs", async move { jobs.run(shutdown).await })
    }

    pub async fn enqueue(&self, job: NewJob) -> Enqueued {
        let (jobs, ctx) = (self.jobs.clone(), self.ctx.clone());
        self.write(move |tx| jobs.enqueue(tx, &ctx, job.clone())).await
    }

    pub async fn write<T: Send + 'static>(
        &self,
        closure: impl FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        self.db.write(&self.ctx, closure).await.unwrap()
    }

    pub async fn read<T: Send + 'static>(
        &self,
        closure: impl FnMut(&View<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        self.db.read(&self.ctx, closure).await.unwrap()
    }

    pub async fn job(&self, id: Id<JobKind>) -> JobRow {
        self.read(move |view| inspect::get(view, id)).await.unwrap()
    }

    /// Waits, while time stands still, until the job is in this state.
    pub async fn until(&self, id: Id<JobKind>, state: JobState) -> JobRow {
        for _ in 0..2_000 {
            let row = self.job(id).await;
            if row.state == state {
                return row;
            }
            nap().await;
        }
        panic!("not {state:?}: {:?}", self.job(id).await);
    }

    /// Moves time in steps that the jobs can follow, until the job is in this state.
    pub async fn pass_time_until(&self, id: Id<JobKind>, state: JobState) -> JobRow {
        for _ in 0..5_000 {
            let row = self.job(id).await;
            if row.state == state {
                return row;
            }
            self.pass(Duration::from_millis(500)).await;
        }
        panic!("not {state:?}: {:?}", self.job(id).await);
    }

    /// Moves time and gives everybody a moment to notice.
    pub async fn pass(&self, time: Duration) {
        self.time.advance(time);
        nap().await;
    }
}

/// A moment of real time: for what must not happen, and between two looks.
pub async fn nap() {
    Clock::system().sleep(Duration::from_millis(2)).await;
}

/// What the job is told to do, attempt by attempt; succeeds when nothing is left.
#[derive(Debug)]
pub enum Deed {
    Fail(Error),
    Panic,
    /// Never ends by itself.
    Hang,
}

/// One run as the job saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub payload: i64,
    pub attempt: u32,
    pub key: String,
    pub at: Timestamp,
}

/// A job under the test's control. Its clones share everything.
#[derive(Clone)]
pub struct Work {
    pub deeds: Arc<Mutex<VecDeque<Deed>>>,
    pub runs: Arc<Mutex<Vec<Run>>>,
    pub contexts: Arc<Mutex<Vec<Context>>>,
    pub policy: Policy,
    // A run takes a permit before it does anything.
    pub gate: Arc<Semaphore>,
    pub clock: Clock,
}

impl Work {
    pub fn on(node: &Node) -> Self {
        Self {
            deeds: Arc::default(),
            runs: Arc::default(),
            contexts: Arc::default(),
            policy: Policy::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            clock: node.db.clock().clone(),
        }
    }

    pub fn with_policy(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    pub fn with_gate(self) -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), ..self }
    }

    pub fn then(self, deed: Deed) -> Self {
        self.deeds.lock().push_back(deed);
        self
    }

    pub fn payloads(&self) -> Vec<i64> {
        self.runs.lock().iter().map(|run| run.payload).collect()
    }

    pub async fn until_runs(&self, runs: usize) {
        for _ in 0..2_000 {
            if self.runs.lock().len() >= runs {
                return;
            }
            nap().await;
        }
        panic!("ran only {:?}", self.runs.lock());
    }
}

#[async_trait]
impl Job for Work {
    const KIND: &'static str = "test.work";
    type Payload = i64;

    fn policy(&self) -> Policy {
        self.policy
    }

    async fn run(&self, cx: &JobContext, payload: i64) -> Result<()> {
        self.runs.lock().push(Run { payload, attempt: cx.attempt(), key: cx.key(), at: self.clock.now() });
        self.contexts.lock().push(cx.ctx().clone());
        self.gate.acquire().await.unwrap().forget();
        let deed = self.deeds.lock().pop_front();
        match deed {
            None => Ok(()),
            Some(Deed::Fail(error)) => Err(error),
            Some(Deed::Panic) => panic!("as told"),
            Some(Deed::Hang) => std::future::pending().await,
        }
    }
}

pub fn work(payload: i64) -> NewJob {
    NewJob::of::<Work>(&payload).unwrap()
}
