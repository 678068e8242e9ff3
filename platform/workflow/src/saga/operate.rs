//! What operators do: resume a run that is parked.

use mainstay_core::{Id, Result, Timestamp};
use mainstay_sql::Tx;

use super::journal::{self, JournalKind, LAST_SEQUENCE, NewEntry, Note};
use super::runs::{self, Phase};
use super::sagas::Sagas;
use super::status::RunKind;
use crate::codes::{NOT_PARKED, UNKNOWN_RUN};

/// Entries that a resumed run must still have room for, whichever way it goes: a step and an undo for each of the
/// most steps that a definition has, and some attempts.
const ROOM: u32 = 500;

impl Sagas {
    /// Lets a parked run go on where it stands, with its attempts counted anew. Who did it is in the journal.
    pub fn resume(&self, tx: &Tx<'_>, run: Id<RunKind>) -> Result<()> {
        let row = runs::find(tx, run)?.ok_or_else(|| UNKNOWN_RUN.error(format!("there is no run {run}")))?;
        if row.phase != Phase::Parked {
            return Err(NOT_PARKED.error(format!("{run} is not parked")));
        }
        let (last, step) = journal::last(tx, row.number)?;
        if last + ROOM >= LAST_SEQUENCE {
            return Err(NOT_PARKED.error(format!("{run} was resumed so often that its journal is full")));
        }
        journal::append(
            tx,
            &NewEntry {
                number: row.number,
                sequence: last + 1,
                kind: JournalKind::Resumed,
                step: &step,
                attempt: 0,
                began_at: tx.now(),
                at: tx.now(),
                note: Some(&Note::Reason(format!("resumed by {}", tx.context().principal()))),
                state: None,
            },
        )?;
        // Asleep and due: so it is found wherever the dispatcher is among the runs.
        runs::set_asleep(tx, row.number, Timestamp::from_micros(0), None)?;
        tx.after_commit(&self.core.due);
        Ok(())
    }
}
