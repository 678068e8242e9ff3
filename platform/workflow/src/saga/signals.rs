//! Signals: what the outside tells a run. They are kept from the moment they are sent, whether the run waits or not.

use mainstay_core::{Id, Result, Timestamp, codes};
use mainstay_sql::{Tx, View};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::runs::{self, Phase};
use super::status::RunKind;
use crate::codes::{SIGNALS_FULL, UNREADABLE_STATE};

/// More than any honest sender needs; each one is read whenever a step looks at its signals.
const MAX_SIGNALS: i64 = 1_000;

/// One signal that a run was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    pub name: String,
    /// The payload as JSON.
    pub json: String,
    pub at: Timestamp,
}

impl Signal {
    /// The payload as it was sent.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.json).map_err(|error| {
            UNREADABLE_STATE.because(format!("the payload of the signal {} cannot be read", self.name), error)
        })
    }
}

/// What became of a signal. A sender that repeats itself, or is late, has nothing to repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is kept for the run.
    Kept,
    /// The run has ended; nothing was kept.
    Ended,
    /// There is no such run, or no longer.
    Unknown,
}

/// Keeps a signal, and makes the run due if it waits for it. Returns whether it does.
pub(super) fn send(
    tx: &Tx<'_>,
    run: Id<RunKind>,
    name: &str,
    payload: &impl Serialize,
) -> Result<(Delivery, bool)> {
    let Some(row) = runs::find(tx, run)? else {
        return Ok((Delivery::Unknown, false));
    };
    if row.ended_at.is_some() {
        return Ok((Delivery::Ended, false));
    }
    let json = serde_json::to_string(payload)
        .map_err(|error| codes::INTERNAL.because("the payload of a signal cannot be stored", error))?;
    let last = latest(tx, row.number)?;
    if last >= MAX_SIGNALS {
        return Err(SIGNALS_FULL.error(format!("{run} was sent {MAX_SIGNALS} signals already")));
    }
    tx.execute(
        "INSERT INTO saga_signals (number, sequence, name, payload, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[row.number.into(), (last + 1).into(), name.into(), (&json).into(), tx.now().into()],
    )?;
    let awaited = row.phase == Phase::Asleep && row.awaits.as_deref() == Some(name);
    if awaited {
        // Time zero is always due; it stays so until the run's next write.
        runs::set_asleep(tx, row.number, Timestamp::from_micros(0), Some(name))?;
    }
    Ok((Delivery::Kept, awaited))
}

/// The sequence of the latest signal to the run; 0 when there is none.
pub(super) fn latest(view: &View<'_>, number: i64) -> Result<i64> {
    let last: Option<i64> = view.query_one(
        "SELECT sequence FROM saga_signals WHERE number = ?1 ORDER BY sequence DESC LIMIT 1",
        &[number.into()],
        |row| row.get(0),
    )?;
    Ok(last.unwrap_or_default())
}

/// The sequence of the latest signal of that name which came after the signal `seen`.
pub(super) fn newer(view: &View<'_>, number: i64, name: &str, seen: i64) -> Result<Option<i64>> {
    view.query_one(
        "SELECT sequence FROM saga_signals WHERE number = ?1 AND sequence > ?2 AND name = ?3
         ORDER BY sequence DESC LIMIT 1",
        &[number.into(), seen.into(), name.into()],
        |row| row.get(0),
    )
}

/// Every signal that the run was sent, oldest first.
pub(super) fn of_run(view: &View<'_>, number: i64) -> Result<Vec<Signal>> {
    view.query(
        "SELECT name, payload, at FROM saga_signals WHERE number = ?1 ORDER BY sequence",
        &[number.into()],
        |row| Ok(Signal { name: row.get(0)?, json: row.get(1)?, at: row.get(2)? }),
    )
}
