//! What a saga consists of: steps that can be done and undone.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Result, Timestamp};
use mainstay_sql::Tx;

use super::StepContext;

/// One step of a saga with the state `S`.
///
/// A step has an outer effect ([`run`](Self::run), on a peer, under the key of the context), a local one
/// ([`record`](Self::record), in the very transaction that marks the step as done), or both.
#[async_trait]
pub trait Step<S: Send + Sync>: Send + Sync + 'static {
    /// Unique within its saga, and kept for good: runs under way find their place by it.
    fn name(&self) -> &'static str;

    /// How long one attempt may take and how often it is tried.
    fn policy(&self) -> StepPolicy {
        StepPolicy::default()
    }

    /// Whether [`run`](Self::run) does anything. A step that only records is written together with the step before it,
    /// in one transaction, and its `run` need not be called.
    fn has_outer_effect(&self) -> bool {
        true
    }

    /// Whether the mark that this step is done is written together with the next step's, in one transaction, which saves
    /// the run a commit. If the process dies in between, both are asked again, this one first, and it may then come to
    /// another outcome than the next one has seen. So it is for a step whose outcome nobody outside has seen by then, and
    /// after which there is a step before the pivot that can be asked again, and undone, whatever became of this one. What
    /// it records is recorded then, on the state that the next one left.
    fn is_written_with_next(&self) -> bool {
        false
    }

    /// The outer effect. It is called again after every unknown outcome, so it must be repeatable under
    /// [`StepContext::key`]. Changes of `state` are kept only when it succeeds.
    async fn run(&self, _cx: &StepContext, _state: &mut S) -> Result<Progress> {
        Ok(Progress::Done)
    }

    /// The local effect, in the transaction that marks the step as done. An error of it is an error of the step.
    fn record(&self, _tx: &Tx<'_>, _cx: &StepContext, _state: &mut S) -> Result<()> {
        Ok(())
    }

    /// Takes back what `run` may have done. It is also called for the step that failed, since nobody knows how far that
    /// one got, so it must succeed when there is nothing to take back.
    async fn undo(&self, _cx: &StepContext, _state: &mut S) -> Result<()> {
        Ok(())
    }

    /// Takes back the local effect, in the transaction that marks the step as undone.
    fn record_undo(&self, _tx: &Tx<'_>, _cx: &StepContext, _state: &mut S) -> Result<()> {
        Ok(())
    }
}

/// How far a step came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Done,
    /// Nothing to do before `signal` is sent to the run or the time `until` has come. The step is then run again; what
    /// it had put into the state by then is kept. A signal that was sent before counts. The time is absolute and
    /// survives a restart; it is kept to within a second of the wall clock.
    WaitFor {
        signal: &'static str,
        until: Timestamp,
    },
}

/// How long one attempt of a step may take, and how often it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepPolicy {
    /// For one attempt; then its outcome is unknown.
    pub timeout: Duration,
    /// Attempts before the pivot; then the run turns back.
    pub attempts: u32,
    /// Attempts where there is no way back: after the pivot, at it while its outcome is unknown, and of an undo. Then
    /// the run is parked.
    pub attempts_without_return: u32,
    /// The longest pause after the first failed attempt. It doubles with each further one; the pause itself is drawn
    /// between zero and it.
    pub first_pause: Duration,
    /// Where the doubling ends.
    pub longest_pause: Duration,
}

impl Default for StepPolicy {
    /// Ten seconds an attempt; five attempts before the pivot, about three seconds of pauses in all; thirty without
    /// return, about a quarter of an hour: longer than a restart or a fail-over, short enough for a person of the day.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            attempts: 5,
            attempts_without_return: 30,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(60),
        }
    }
}
