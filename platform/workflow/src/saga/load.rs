//! Brings a run from its tables back into memory.

use std::sync::Arc;

use mainstay_core::{Context, Id, Result, Timestamp, codes};
use mainstay_sql::View;

use super::definition::State;
use super::journal::{self, JournalEntry};
use super::position::{self, Standing};
use super::runs::{Phase, RunRow};
use super::signals;
use super::status::{RunKind, RunState};
use crate::codes::UNREADABLE_STATE;

/// A run as its tables tell it, before anybody knows the type of its state.
#[derive(Debug)]
pub(super) struct Stored {
    pub row: RunRow,
    pub entries: Vec<JournalEntry>,
    pub last_signal: i64,
    /// Whether nobody can have begun to execute it.
    pub fresh: bool,
}

/// Reads the journal of a run whose row is at hand.
pub(super) fn stored(view: &View<'_>, row: RunRow, fresh: bool) -> Result<Stored> {
    let entries = journal::of_run(view, row.number)?;
    // A run that never slept finds its signals when it first asks to wait.
    let last_signal = if fresh { 0 } else { signals::latest(view, row.number)? };
    Ok(Stored { row, entries, last_signal, fresh })
}

/// A run with its state, ready to go on.
pub(super) struct Live<S> {
    pub row: LiveRow,
    pub standing: Standing,
    pub state: S,
    pub json: Arc<str>,
    pub last_signal: i64,
}

/// What of a run's row its executor needs.
pub(super) struct LiveRow {
    pub number: i64,
    pub run: Id<RunKind>,
    pub started_at: Timestamp,
    pub deadline: Option<Timestamp>,
    /// Whether somebody may have executed it before, and died in the middle of anything.
    pub taken_up: bool,
    /// The row says that the run sleeps, so the next write has to say otherwise.
    pub asleep: bool,
    pub context: Context,
    pub shown: RunState,
}

/// Replays the journal and reads the state.
pub(super) fn live<S: State>(stored: Stored, steps: &[&str], pivot: usize) -> Result<Live<S>> {
    let Stored { row, mut entries, last_signal, fresh } = stored;
    let (mut standing, last_state) = position::replay(&entries, steps)?;
    // Whoever had the run before may have died in the middle of the pivot: then only asking tells what became of it.
    if !fresh && standing.position == position::Position::Forward(pivot) {
        standing.unknown = true;
    }
    let json = entries.swap_remove(last_state).state.unwrap_or_default();
    let state = parse(&json)?;
    let json = Arc::from(json);
    let context = row.context()?;
    Ok(Live {
        row: LiveRow {
            number: row.number,
            run: row.run,
            started_at: row.started_at,
            deadline: row.deadline,
            taken_up: !fresh,
            asleep: row.phase != Phase::Active,
            context,
            shown: row.state(),
        },
        standing,
        state,
        json,
        last_signal,
    })
}

/// A state from its stored text.
pub(super) fn parse<S: State>(json: &str) -> Result<S> {
    serde_json::from_str(json)
        .map_err(|error| UNREADABLE_STATE.because("the state of a run cannot be read", error))
}

/// A state as it is stored.
pub(super) fn print<S: State>(state: &S) -> Result<String> {
    serde_json::to_string(state)
        .map_err(|error| codes::INTERNAL.because("the state of a run cannot be stored", error).permanent())
}
