//! What can be said about a run, for the service that owns it and for operators.

use std::sync::Arc;

use mainstay_core::{Id, IdKind, Timestamp};

use super::failure::Failure;
use super::position::{Position, Standing};

/// Ids of saga runs. A run that exists once for something has that thing's bytes ([`Id::twin`]).
pub enum RunKind {}

impl IdKind for RunKind {
    const PREFIX: &'static str = "run";
}

/// What a run is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Going forward, or about to.
    Running,
    /// A step waits for a signal or a time.
    Waiting { signal: String, until: Timestamp },
    /// A step failed; it is tried again then.
    Retrying { at: Timestamp },
    /// Undoing what it did.
    Undoing(Failure),
    /// Every step is done.
    Done,
    /// It turned back because of this, and all that it did is undone.
    Undone(Failure),
    /// It stands still until a person resumes it.
    Parked { reason: String },
}

impl RunState {
    /// Whether nothing more will happen by itself or by a person.
    pub fn has_ended(&self) -> bool {
        match self {
            Self::Done | Self::Undone(_) => true,
            Self::Running
            | Self::Waiting { .. }
            | Self::Retrying { .. }
            | Self::Undoing(_)
            | Self::Parked { .. } => false,
        }
    }
}

/// A run as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStatus {
    pub run: Id<RunKind>,
    /// The definition that began it.
    pub name: String,
    pub version: u32,
    pub state: RunState,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Until when it must have passed its pivot.
    pub deadline: Option<Timestamp>,
    pub principal: String,
    /// The W3C traceparent of what started it.
    pub trace: String,
}

/// A run as its service sees it: with the state of its steps.
#[derive(Clone, Debug)]
pub struct Snapshot<S> {
    pub state: RunState,
    pub data: S,
    pub(super) names: Arc<[&'static str]>,
    /// How many steps are done and not undone.
    pub(super) recorded: usize,
}

impl<S> Snapshot<S> {
    /// Whether that step is done, so that its effect is durable and visible.
    pub fn recorded(&self, step: &str) -> bool {
        self.names.iter().take(self.recorded).any(|name| *name == step)
    }

    /// Whether the run has ended, either way.
    pub fn has_ended(&self) -> bool {
        self.state.has_ended()
    }

    /// Why it turned back, when it did.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            RunState::Undoing(failure) | RunState::Undone(failure) => Some(failure),
            RunState::Running
            | RunState::Waiting { .. }
            | RunState::Retrying { .. }
            | RunState::Done
            | RunState::Parked { .. } => None,
        }
    }
}

/// How many steps count as recorded where a run stands. On the way back, none is relied on any more.
pub(super) fn recorded(standing: &Standing, state: &RunState, steps: usize) -> usize {
    match (state, standing.position) {
        (RunState::Done, _) => steps,
        (_, Position::Forward(place)) => place,
        (_, Position::Back(_)) => 0,
    }
}
