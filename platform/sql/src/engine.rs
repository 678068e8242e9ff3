//! The port that an engine fills: it runs work that it knows nothing about, commits it, and answers it.
//!
//! What is promised here is what the conformance suite tests: a [`Work`] is answered only when its effect is on
//! stable storage or certainly undone (an unknown outcome says so by its error's kind); a failure of one work never
//! reaches another; work that is queued runs even when nobody waits for it any more.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Error, Result};

use crate::connection::Connection;
use crate::database::Database;
use crate::metrics::Metrics;

/// A closure with its caller's address, as the engine sees it.
pub trait Work: Send {
    /// Runs the closure in an open transaction and remembers its outcome. May be called again after everything that
    /// the first call did was undone. Never panics.
    fn run(&mut self, connection: &dyn Connection) -> Verdict;

    /// Answers the caller: with the outcome of the last run, or with `refusal`, which wins.
    fn answer(self: Box<Self>, refusal: Option<Error>);

    /// Whether the engine's limit on steps applies. A migration may take as long as it needs.
    fn is_bounded(&self) -> bool;
}

/// What is to become of what a work did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Keep,
    Undo,
}

/// Whether a read was done on the caller's own thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inline {
    /// It ran; the work holds the outcome.
    Done,
    /// It did not run, or it was stopped because it took too long: it belongs on a reader thread.
    Declined,
}

/// What an engine can do; the suite tests what is claimed and the refusal of what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Several processes may use one database at once.
    pub several_processes: bool,
    /// Work that takes too many steps is stopped.
    pub step_limit: bool,
    /// [`Connection::plan`] explains statements.
    pub plans: bool,
}

/// One open database of an engine.
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// Its name in traces, as OpenTelemetry's list of database systems has it, such as `sqlite`.
    fn system(&self) -> &'static str;

    fn capabilities(&self) -> Capabilities;

    /// Queues work that may write. Returns at once; a full queue answers `core.overloaded`, a closed one `sql.closed`.
    fn write(&self, work: Box<dyn Work>);

    /// Tries to read on the caller's thread, within microseconds to a millisecond.
    fn read_inline(&self, work: &mut dyn Work) -> Inline;

    /// Queues work that reads, on a reader thread. Refuses as [`Engine::write`] does.
    fn read(&self, work: Box<dyn Work>);

    /// Finishes what is queued, refuses what comes, and leaves the files tidy.
    async fn close(&self);
}

/// Is told of every commit that changed something: for the crash harness and for counting. Numbers count up from 1
/// for each database that was opened.
pub trait CommitHook: Send + Sync {
    /// The work is done, nothing is durable.
    fn before_commit(&self, database: &str, number: u64);

    /// It is durable, nobody was answered.
    fn after_commit(&self, database: &str, number: u64);
}

/// How a database is opened, in words that fit every engine.
#[derive(Clone)]
pub struct Options {
    pub clock: Clock,
    pub metrics: Metrics,
    pub commit_hook: Option<Arc<dyn CommitHook>>,
    /// A statement that takes longer is kept with its plan.
    pub slow_after: Duration,
    /// How much work may wait for its turn; more is refused with `core.overloaded`.
    pub queue_capacity: usize,
    /// Engine steps that one closure may take; about 100 million pass in a second.
    pub step_limit: u64,
    /// Looks for queries that one piece of work repeats, by its trace. For tests: it costs a look-up for each closure.
    pub watch_repeats: bool,
}

impl Options {
    /// A statement above this holds everybody else up noticeably: a commit takes a fraction of it.
    pub const SLOW_AFTER: Duration = Duration::from_millis(20);
    /// At the slowest commits that are bearable (5 a second, 256 closures each) this much is done within 4 seconds.
    pub const QUEUE_CAPACITY: usize = 4_096;
    /// About a second of the engine's time: far above any honest transaction, far below an outage.
    pub const STEP_LIMIT: u64 = 50_000_000;

    pub fn new(clock: Clock, metrics: Metrics) -> Self {
        Self {
            clock,
            metrics,
            commit_hook: None,
            slow_after: Self::SLOW_AFTER,
            queue_capacity: Self::QUEUE_CAPACITY,
            step_limit: Self::STEP_LIMIT,
            watch_repeats: false,
        }
    }

    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    #[must_use]
    pub fn with_slow_after(mut self, slow_after: Duration) -> Self {
        self.slow_after = slow_after;
        self
    }

    #[must_use]
    pub fn with_queue_capacity(mut self, works: usize) -> Self {
        self.queue_capacity = works;
        self
    }

    #[must_use]
    pub fn with_step_limit(mut self, steps: u64) -> Self {
        self.step_limit = steps;
        self
    }

    #[must_use]
    pub fn with_commit_hook(mut self, hook: Arc<dyn CommitHook>) -> Self {
        self.commit_hook = Some(hook);
        self
    }
}

/// An engine by its URL's scheme; the binary holds the list of them.
pub trait DatabaseEngine: Send + Sync {
    /// What stands before the colon of the URL.
    fn scheme(&self) -> &'static str;

    /// Whether there is a database of `service` at `url` already: opening would make one where there is none.
    fn exists(&self, url: &str, service: &str) -> Result<bool>;

    /// Opens (and if need be creates) the database of `service` at `url`.
    fn open(&self, url: &str, service: &str, options: Options) -> Result<Database>;
}
