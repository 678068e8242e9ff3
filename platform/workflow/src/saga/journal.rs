//! What happened to a run, entry by entry; appended, never changed, but for a wait that goes on.

use std::time::Duration;

use mainstay_core::{Result, Timestamp, codes};
use mainstay_sql::{Row, Tx, View};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::codes::UNREADABLE_STATE;

/// Bits of an entry's key that hold its sequence within the run.
const SEQUENCE_BITS: u32 = 16;

/// The last sequence that a run may use. Attempts and steps are bounded, so only a person who resumes a run thousands
/// of times comes here.
pub(super) const LAST_SEQUENCE: u32 = (1 << SEQUENCE_BITS) - 1;

/// From here on nothing is tried again: what is left is room for the run's steps and undos, and for a person.
pub(super) const JOURNAL_FULL: u32 = LAST_SEQUENCE - 1_000;

/// What an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JournalKind {
    /// The run began; holds its first state.
    Started,
    /// The step is done, and its local effect is in the same transaction.
    Done,
    /// The step asked to be run again on a signal or at a time.
    Waiting,
    /// An attempt of the step failed; another one follows.
    Failed,
    /// The step failed for good (or the run's time was over at it), and the run turned back.
    TurnedBack,
    /// The step is undone.
    Undone,
    /// An attempt to undo the step failed; another one follows.
    UndoFailed,
    /// The run stands still at this step until a person resumes it.
    Parked,
    /// A person resumed it.
    Resumed,
}

impl JournalKind {
    const ALL: [Self; 9] = [
        Self::Started,
        Self::Done,
        Self::Waiting,
        Self::Failed,
        Self::TurnedBack,
        Self::Undone,
        Self::UndoFailed,
        Self::Parked,
        Self::Resumed,
    ];

    /// The number at rest. It is the place in `ALL`, which only grows at its end.
    fn number(self) -> i64 {
        Self::ALL.iter().position(|kind| *kind == self).map_or(-1, |place| place as i64)
    }

    fn from_number(number: i64) -> Result<Self> {
        usize::try_from(number)
            .ok()
            .and_then(|place| Self::ALL.get(place).copied())
            .ok_or_else(|| UNREADABLE_STATE.error(format!("there is no kind {number} of journal entries")))
    }

    /// The word that operators read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::TurnedBack => "turned back",
            Self::Undone => "undone",
            Self::UndoFailed => "undo failed",
            Self::Parked => "parked",
            Self::Resumed => "resumed",
        }
    }
}

/// One entry, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    pub sequence: u32,
    pub kind: JournalKind,
    /// Empty for the start.
    pub step: String,
    /// Counts the attempts of the step since it came up or the run was resumed.
    pub attempt: u32,
    /// When the attempt began.
    pub began_at: Timestamp,
    pub at: Timestamp,
    pub note: Option<Note>,
    /// The state as JSON, when it differs from the entry before.
    pub state: Option<String>,
}

impl JournalEntry {
    /// How long the attempt took, by the wall clock.
    pub fn took(&self) -> Duration {
        self.at.since(self.began_at)
    }

    /// Why the attempt failed, when it did.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.note {
            Some(Note::Failure(failure)) => Some(failure),
            Some(Note::Wait { .. } | Note::Reason(_)) | None => None,
        }
    }
}

/// What an entry has to say beyond its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    Failure(Failure),
    Wait {
        signal: String,
        until: Timestamp,
    },
    /// Why it was parked, or who resumed it.
    Reason(String),
}

/// An entry on its way into the journal.
pub(super) struct NewEntry<'a> {
    pub number: i64,
    pub sequence: u32,
    pub kind: JournalKind,
    pub step: &'a str,
    pub attempt: u32,
    pub began_at: Timestamp,
    pub at: Timestamp,
    pub note: Option<&'a Note>,
    pub state: Option<&'a str>,
}

/// The key of the entry `sequence` of the run `number`.
pub(super) fn key(number: i64, sequence: u32) -> i64 {
    number << SEQUENCE_BITS | i64::from(sequence)
}

/// Appends an entry. That its key is unique also proves that no other executor had the run.
pub(super) fn append(tx: &Tx<'_>, entry: &NewEntry<'_>) -> Result<()> {
    insert(
        tx,
        entry,
        "INSERT INTO saga_journal (entry, kind, step, attempt, began_at, at, note, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
}

/// Writes an entry over the one of the same sequence: for a wait that goes on, which may do so any number of times.
pub(super) fn replace(tx: &Tx<'_>, entry: &NewEntry<'_>) -> Result<()> {
    insert(
        tx,
        entry,
        "INSERT INTO saga_journal (entry, kind, step, attempt, began_at, at, note, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (entry) DO UPDATE SET kind = excluded.kind, attempt = excluded.attempt,
             began_at = excluded.began_at, at = excluded.at, note = excluded.note,
             state = coalesce(excluded.state, saga_journal.state)",
    )
}

fn insert(tx: &Tx<'_>, entry: &NewEntry<'_>, sql: &str) -> Result<()> {
    let note = entry.note.map(serde_json::to_string).transpose();
    let note =
        note.map_err(|error| codes::INTERNAL.because("a journal entry could not be written", error))?;
    tx.execute(
        sql,
        &[
            key(entry.number, entry.sequence).into(),
            entry.kind.number().into(),
            entry.step.into(),
            entry.attempt.into(),
            entry.began_at.into(),
            entry.at.into(),
            note.as_deref().into(),
            entry.state.into(),
        ],
    )?;
    Ok(())
}

/// Every entry of a run, oldest first.
pub(super) fn of_run(view: &View<'_>, number: i64) -> Result<Vec<JournalEntry>> {
    view.query(
        "SELECT entry, kind, step, attempt, began_at, at, note, state FROM saga_journal
         WHERE entry BETWEEN ?1 AND ?2 ORDER BY entry",
        &[key(number, 0).into(), key(number, LAST_SEQUENCE).into()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<JournalEntry> {
    let note: Option<String> = row.get(6)?;
    let note = note.map(|text| serde_json::from_str(&text)).transpose();
    Ok(JournalEntry {
        sequence: sequence(row.get(0)?),
        kind: JournalKind::from_number(row.get(1)?)?,
        step: row.get(2)?,
        attempt: row.get(3)?,
        began_at: row.get(4)?,
        at: row.get(5)?,
        note: note.map_err(|error| UNREADABLE_STATE.because("a journal entry cannot be read", error))?,
        state: row.get(7)?,
    })
}

/// The sequence of a run's last entry, and the step it tells of.
pub(super) fn last(view: &View<'_>, number: i64) -> Result<(u32, String)> {
    let found = view.query_one(
        "SELECT entry, step FROM saga_journal WHERE entry BETWEEN ?1 AND ?2 ORDER BY entry DESC LIMIT 1",
        &[key(number, 0).into(), key(number, LAST_SEQUENCE).into()],
        |row| Ok((sequence(row.get(0)?), row.get(1)?)),
    )?;
    found.ok_or_else(|| UNREADABLE_STATE.error("the run has no journal"))
}

/// Deletes every entry of a run.
pub(super) fn forget(tx: &Tx<'_>, number: i64) -> Result<()> {
    tx.execute(
        "DELETE FROM saga_journal WHERE entry BETWEEN ?1 AND ?2",
        &[key(number, 0).into(), key(number, LAST_SEQUENCE).into()],
    )?;
    Ok(())
}

fn sequence(entry: i64) -> u32 {
    u32::try_from(entry & i64::from(LAST_SEQUENCE)).unwrap_or_default()
}
