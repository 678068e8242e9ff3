//! Runs, and what each step of one did.

use mainstay_core::{Id, Timestamp};
use mainstay_workflow::saga::{JournalEntry, Note};
use mainstay_workflow::{RunKind, RunState, RunStatus};
use serde::Serialize;
use serde_json::Value;

use crate::redact;

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SagaLine {
    pub service: &'static str,
    pub run: Id<RunKind>,
    pub saga: String,
    pub version: u32,
    /// `running`, `waiting`, `retrying`, `undoing`, `done`, `undone` or `parked`.
    pub state: &'static str,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub r#for: String,
    pub why: Option<String>,
    /// Until when it must have passed its pivot.
    pub deadline: Option<Timestamp>,
    /// The W3C traceparent of what started it.
    pub trace: String,
}

/// A run as it is shown.
pub fn line(service: &'static str, run: RunStatus) -> SagaLine {
    let (state, why) = match run.state {
        RunState::Running => ("running", None),
        RunState::Waiting { signal, until } => ("waiting", Some(format!("for {signal} until {until}"))),
        RunState::Retrying { at } => ("retrying", Some(format!("at {at}"))),
        RunState::Undoing(failure) => ("undoing", Some(failure.message)),
        RunState::Done => ("done", None),
        RunState::Undone(failure) => ("undone", Some(failure.message)),
        RunState::Parked { reason } => ("parked", Some(reason)),
    };
    SagaLine {
        service,
        run: run.run,
        saga: run.name,
        version: run.version,
        state,
        started: run.started_at,
        ended: run.ended_at,
        r#for: run.principal,
        why,
        deadline: run.deadline,
        trace: run.trace,
    }
}

/// One entry of a run's journal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepLine {
    pub step: String,
    /// What happened: it began, was done, failed, waited, was undone.
    pub what: &'static str,
    pub attempt: u32,
    pub at: Timestamp,
    pub took_ms: u64,
    pub note: Option<String>,
    /// What the step began with.
    pub input: Option<Value>,
    /// What it left behind.
    pub output: Option<Value>,
}

/// A run's journal, oldest first. A step's input is the state that the one before it left; both are redacted.
pub fn steps(journal: Vec<JournalEntry>) -> Vec<StepLine> {
    let mut state: Option<Value> = None;
    let mut lines = Vec::new();
    for entry in journal {
        let took_ms = u64::try_from(entry.took().as_millis()).unwrap_or(u64::MAX);
        let output = entry.state.as_deref().map(redact::state);
        let input = state.clone();
        state = output.clone().or(state);
        lines.push(StepLine {
            what: entry.kind.name(),
            note: entry.note.as_ref().map(said),
            step: entry.step,
            attempt: entry.attempt,
            at: entry.at,
            took_ms,
            input,
            output,
        });
    }
    lines
}

fn said(note: &Note) -> String {
    match note {
        Note::Failure(failure) => format!("{}: {}", failure.code, failure.message),
        Note::Wait { signal, until } => format!("for {signal} until {until}"),
        Note::Reason(reason) => reason.clone(),
    }
}
