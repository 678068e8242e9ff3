//! Faults, and the step that meets them in place of the one that is tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use mainstay_core::{Result, codes};
use mainstay_sql::Tx;
use mainstay_workflow::{Progress, Step, StepContext, StepPolicy};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// What of a step is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Do,
    Undo,
}

/// What happens to it, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is done twice, as when its answer was lost and nobody noticed.
    Repeat,
    /// It is refused for good and does nothing.
    Refuse,
    /// It does not arrive, and nobody answers.
    LoseRequest,
    /// It is done, and the answer is lost.
    LoseAnswer,
    /// It is done, and then the step panics.
    Panic,
    /// The process ends before it is done.
    DieBefore,
    /// The process ends after it is done and before that is recorded.
    DieAfter,
}

/// One fault at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub step: &'static str,
    pub act: Act,
    pub fault: Fault,
}

/// The faults of a scenario, and what was seen of the steps; outlives processes.
pub(super) struct Trap<S> {
    hits: Mutex<Vec<Hit>>,
    seen: Mutex<Vec<Seen<S>>>,
    busy: AtomicUsize,
    pub died: Notify,
}

/// A step as it was asked to act, so that the same can arrive once more, late.
pub(super) struct Seen<S> {
    pub step: &'static str,
    pub cx: StepContext,
    pub state: S,
    pub inner: Arc<dyn Step<S>>,
}

impl<S> Trap<S> {
    pub fn new(hits: Vec<Hit>) -> Self {
        Self {
            hits: Mutex::new(hits),
            seen: Mutex::default(),
            busy: AtomicUsize::new(0),
            died: Notify::new(),
        }
    }

    /// The faults that were not met.
    pub fn left(&self) -> Vec<Hit> {
        self.hits.lock().clone()
    }

    /// Whether a step is at work now.
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire) > 0
    }

    /// A process ended, and with it what was at work.
    pub fn forget_busy(&self) {
        self.busy.store(0, Ordering::Release);
    }

    /// Every first request to each step.
    pub fn take_seen(&self) -> Vec<Seen<S>> {
        std::mem::take(&mut self.seen.lock())
    }

    fn take(&self, step: &str, act: Act) -> Option<Fault> {
        let mut hits = self.hits.lock();
        let place = hits.iter().position(|hit| hit.step == step && hit.act == act)?;
        Some(hits.remove(place).fault)
    }

    async fn die<T>(&self) -> T {
        self.died.notify_one();
        std::future::pending().await
    }
}

/// A step with its trap.
pub(super) struct Trapped<S> {
    pub inner: Arc<dyn Step<S>>,
    pub trap: Arc<Trap<S>>,
}

struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        // A process that ended was forgotten already.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1));
    }
}

#[async_trait]
impl<S: Clone + Send + Sync + 'static> Step<S> for Trapped<S> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn policy(&self) -> StepPolicy {
        self.inner.policy()
    }

    fn is_written_with_next(&self) -> bool {
        self.inner.is_written_with_next()
    }

    async fn run(&self, cx: &StepContext, state: &mut S) -> Result<Progress> {
        let _busy = Busy::new(&self.trap.busy);
        let name = self.inner.name();
        {
            let mut seen = self.trap.seen.lock();
            if !seen.iter().any(|one| one.step == name) {
                let inner = Arc::clone(&self.inner);
                seen.push(Seen { step: name, cx: cx.clone(), state: state.clone(), inner });
            }
        }
        match self.trap.take(name, Act::Do) {
            None => self.inner.run(cx, state).await,
            Some(Fault::Repeat) => {
                self.inner.run(cx, &mut state.clone()).await?;
                self.inner.run(cx, state).await
            }
            Some(Fault::Refuse) => Err(codes::PRECONDITION.error("refused by the harness")),
            Some(Fault::LoseRequest) => Err(codes::DEADLINE.error("lost by the harness")),
            Some(Fault::LoseAnswer) => {
                self.inner.run(cx, state).await?;
                Err(codes::DEADLINE.error("lost by the harness"))
            }
            Some(Fault::Panic) => {
                self.inner.run(cx, state).await?;
                panic!("broken by the harness")
            }
            Some(Fault::DieBefore) => self.trap.die().await,
            Some(Fault::DieAfter) => {
                self.inner.run(cx, state).await?;
                self.trap.die().await
            }
        }
    }

    fn record(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut S) -> Result<()> {
        self.inner.record(tx, cx, state)
    }

    async fn undo(&self, cx: &StepContext, state: &mut S) -> Result<()> {
        let _busy = Busy::new(&self.trap.busy);
        match self.trap.take(self.inner.name(), Act::Undo) {
            None => self.inner.undo(cx, state).await,
            Some(Fault::Repeat) => {
                self.inner.undo(cx, &mut state.clone()).await?;
                self.inner.undo(cx, state).await
            }
            Some(Fault::Refuse) => Err(codes::PRECONDITION.error("refused by the harness")),
            Some(Fault::LoseRequest) => Err(codes::DEADLINE.error("lost by the harness")),
            Some(Fault::LoseAnswer) => {
                self.inner.undo(cx, state).await?;
                Err(codes::DEADLINE.error("lost by the harness"))
            }
            Some(Fault::Panic) => {
                self.inner.undo(cx, state).await?;
                panic!("broken by the harness")
            }
            Some(Fault::DieBefore) => self.trap.die().await,
            Some(Fault::DieAfter) => {
                self.inner.undo(cx, state).await?;
                self.trap.die().await
            }
        }
    }

    fn record_undo(&self, tx: &Tx<'_>, cx: &StepContext, state: &mut S) -> Result<()> {
        self.inner.record_undo(tx, cx, state)
    }
}
