//! What a kind of job is, and what a running one is given.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Context, Id, IdKind, Result};
use mainstay_sql::Lease;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codes;
use crate::rate::Rate;

/// Ids of jobs.
pub enum JobKind {}
impl IdKind for JobKind {
    const PREFIX: &'static str = "job";
}

/// One kind of job.
#[async_trait]
pub trait Job: Send + Sync + 'static {
    /// `<service>.<what>`, such as `shop.notifications.mail`. Stored with each job, so it is never reused for another.
    const KIND: &'static str;

    /// What a job of this kind needs to know. Stored as JSON: a later release must read what an earlier one wrote.
    type Payload: Serialize + DeserializeOwned + Send + 'static;

    /// How often, how long, how many at a time.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Does the work. May be run again after a failure, a time-out or a crash, so what it does outside carries
    /// [`JobContext::key`] or may be repeated. A temporary error, an error of kind `Internal` and a panic are tried
    /// again; any other permanent error makes the job dead at once.
    async fn run(&self, cx: &JobContext, payload: Self::Payload) -> Result<()>;
}

/// How a kind of job is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// After this many failures the job is dead. 10 by default, which with the waits below is most of an hour.
    pub max_attempts: u32,
    /// The wait after the first failure, doubled after each further one. A second by default.
    pub first_retry: Duration,
    /// The longest wait between two attempts. 10 minutes by default.
    pub longest_retry: Duration,
    /// An attempt that takes longer is ended; its outcome is unknown, so it is tried again. A minute by default.
    pub timeout: Duration,
    /// How many of the kind run at a time. 8 by default: enough to hide a slow dependency, too few to drown one.
    pub concurrency: usize,
    /// How often the kind may start, where the other side minds. No limit by default.
    pub rate: Option<Rate>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_attempts: 10,
            first_retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(600),
            timeout: Duration::from_secs(60),
            concurrency: 8,
            rate: None,
        }
    }
}

/// What a running job knows about itself.
#[derive(Clone, Debug)]
pub struct JobContext {
    pub(crate) ctx: Context,
    pub(crate) id: Id<JobKind>,
    pub(crate) lease: Lease,
}

impl JobContext {
    /// The context of whoever enqueued it, with this attempt's number and deadline and a span of its own.
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    pub fn id(&self) -> Id<JobKind> {
        self.id
    }

    /// The same on every attempt: an idempotency key for what the job does outside.
    pub fn key(&self) -> String {
        self.id.to_string()
    }

    /// 1 on the first try. A try that a crash ended counts.
    pub fn attempt(&self) -> u32 {
        self.ctx.attempt()
    }

    /// For `db.write_as`: a job that was paused past its lease then changes nothing.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }
}

/// A kind of job whose payload type is forgotten.
#[async_trait]
pub(crate) trait Handler: Send + Sync {
    async fn run(&self, cx: &JobContext, payload: &str) -> Result<()>;
}

/// A registered kind.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) kind: &'static str,
    pub(crate) policy: Policy,
    pub(crate) handler: Arc<dyn Handler>,
}

impl Registered {
    pub(crate) fn new<J: Job>(job: J) -> Self {
        let policy = job.policy();
        Self { kind: J::KIND, policy, handler: Arc::new(Decoding(job)) }
    }
}

struct Decoding<J>(J);

#[async_trait]
impl<J: Job> Handler for Decoding<J> {
    async fn run(&self, cx: &JobContext, payload: &str) -> Result<()> {
        let payload = serde_json::from_str(payload).map_err(|error| {
            codes::UNREADABLE.because(format!("the payload is not what {} reads", J::KIND), error)
        })?;
        self.0.run(cx, payload).await
    }
}
