//! The row of a run: which definition, in whose context, asleep until when, ended or not.

use std::fmt::Write as _;

use mainstay_core::{Context, Id, Principal, Result, TenantId, Timestamp, TraceContext};
use mainstay_sql::{Param, Row, Tx, View};

use super::backoff;
use super::failure::Failure;
use super::journal::{self, JournalKind, NewEntry};
use super::status::{RunKind, RunState, RunStatus};
use crate::codes::{RUN_EXISTS, UNREADABLE_STATE};

/// What the dispatcher has to know about a run. The numbers are the ones at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// In flight, or waiting for a free place.
    Active = 0,
    /// Not before `wake_at`.
    Asleep = 1,
    Done = 2,
    Undone = 3,
    Parked = 4,
}

impl Phase {
    fn from_number(number: i64) -> Result<Self> {
        [Self::Active, Self::Asleep, Self::Done, Self::Undone, Self::Parked]
            .into_iter()
            .find(|phase| *phase as i64 == number)
            .ok_or_else(|| UNREADABLE_STATE.error(format!("a run cannot be in phase {number}")))
    }

    pub const fn number(self) -> i64 {
        self as i64
    }
}

/// A run's row.
#[derive(Clone, Debug)]
pub(super) struct RunRow {
    pub number: i64,
    pub run: Id<RunKind>,
    pub name: String,
    pub version: u32,
    pub phase: Phase,
    pub wake_at: Timestamp,
    pub started_at: Timestamp,
    pub deadline: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub awaits: Option<String>,
    tenant: Vec<u8>,
    principal: String,
    on_behalf_of: Option<String>,
    trace: String,
    pub failure: Option<Failure>,
    pub reason: Option<String>,
}

pub(super) const COLUMNS: &str =
    "number, run, name, version, status, wake_at, started_at, deadline, ended_at, awaits,
    tenant, principal, on_behalf_of, trace, failure, reason";

impl RunRow {
    pub fn read(row: &Row<'_>) -> Result<Self> {
        let failure: Option<String> = row.get(14)?;
        Ok(Self {
            number: row.get(0)?,
            run: row.get(1)?,
            name: row.get(2)?,
            version: row.get(3)?,
            phase: Phase::from_number(row.get(4)?)?,
            wake_at: row.get(5)?,
            started_at: row.get(6)?,
            deadline: row.get(7)?,
            ended_at: row.get(8)?,
            awaits: row.get(9)?,
            tenant: row.get(10)?,
            principal: row.get(11)?,
            on_behalf_of: row.get(12)?,
            trace: row.get(13)?,
            failure: failure.as_deref().map(Failure::from_json).transpose()?,
            reason: row.get(15)?,
        })
    }

    /// The context in which the run was started. What belonged to the caller alone is gone: its deadline, its ledger.
    pub fn context(&self) -> Result<Context> {
        let tenant: [u8; 16] = self
            .tenant
            .as_slice()
            .try_into()
            .map_err(|_| UNREADABLE_STATE.error("the tenant of a run is not an id"))?;
        let principal: Principal = self.principal.parse()?;
        let trace: TraceContext = self.trace.parse()?;
        let on_behalf_of = self.on_behalf_of.as_deref().map(str::parse).transpose()?;
        let context = Context::new(TenantId::from_bytes(tenant), principal, trace);
        Ok(if on_behalf_of.is_some() { context.with_on_behalf_of(on_behalf_of) } else { context })
    }

    pub fn state(&self) -> RunState {
        match (self.phase, &self.failure) {
            (Phase::Done, _) => RunState::Done,
            (Phase::Undone, Some(failure)) => RunState::Undone(failure.clone()),
            (Phase::Parked, _) => RunState::Parked { reason: self.reason.clone().unwrap_or_default() },
            (_, Some(failure)) => RunState::Undoing(failure.clone()),
            // Told to wake, and not yet awake.
            (Phase::Asleep, None) if self.wake_at == Timestamp::from_micros(0) => RunState::Running,
            (Phase::Asleep, None) => match &self.awaits {
                Some(signal) => RunState::Waiting { signal: signal.clone(), until: self.wake_at },
                None => RunState::Retrying { at: self.wake_at },
            },
            (Phase::Active | Phase::Undone, None) => RunState::Running,
        }
    }

    pub fn into_status(self) -> RunStatus {
        RunStatus {
            run: self.run,
            state: self.state(),
            name: self.name,
            version: self.version,
            started_at: self.started_at,
            ended_at: self.ended_at,
            deadline: self.deadline,
            principal: self.principal,
            trace: self.trace,
        }
    }
}

/// A run on its way into the table.
pub(super) struct NewRun<'a> {
    pub run: Id<RunKind>,
    pub name: &'a str,
    pub version: u32,
    pub deadline: Option<Timestamp>,
    pub state: &'a str,
}

/// Puts a run with its first entry into the table; `workflow.run_exists` when there is one of that id.
pub(super) fn insert(tx: &Tx<'_>, ctx: &Context, new: &NewRun<'_>) -> Result<()> {
    let now = tx.now();
    let on_behalf_of = ctx.on_behalf_of().map(ToString::to_string);
    let number = tx.query_one(
        "INSERT INTO saga_runs (run, name, version, status, wake_at, started_at, deadline, tenant, principal,
             on_behalf_of, trace)
         VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (run) DO NOTHING RETURNING number",
        &[
            (&new.run).into(),
            new.name.into(),
            new.version.into(),
            now.into(),
            new.deadline.into(),
            ctx.tenant().as_bytes().into(),
            (&ctx.principal().to_string()).into(),
            on_behalf_of.as_ref().into(),
            (&ctx.trace().traceparent()).into(),
        ],
        |row| row.get::<i64>(0),
    )?;
    let Some(number) = number else {
        return Err(RUN_EXISTS.error(format!("{} was started before", new.run)));
    };
    journal::append(
        tx,
        &NewEntry {
            number,
            sequence: 0,
            kind: JournalKind::Started,
            step: "",
            attempt: 0,
            began_at: now,
            at: now,
            note: None,
            state: Some(new.state),
        },
    )
}

/// The row of a run.
pub(super) fn find(view: &View<'_>, run: Id<RunKind>) -> Result<Option<RunRow>> {
    view.query_one(&format!("SELECT {COLUMNS} FROM saga_runs WHERE run = ?1"), &[(&run).into()], RunRow::read)
}

/// The rows of runs in flight or waiting for a place, by age, after the run `after`, of the definitions `known`.
pub(super) fn active(view: &View<'_>, known: &[Known], after: i64, limit: usize) -> Result<Vec<RunRow>> {
    let which = "status = 0 AND wake_at = 0 AND number > ?1";
    of_known(view, known, which, "number", &[after.into(), (limit as i64).into()])
}

/// The rows of sleeping runs whose time has come, the longest due first, of the definitions `known`.
///
/// The wall clock may have stepped back since a retry was put off: one that lies further ahead than any pause is due
/// too. A run that waits for a signal keeps its moment, which somebody named.
pub(super) fn due(view: &View<'_>, known: &[Known], now: Timestamp, limit: usize) -> Result<Vec<RunRow>> {
    let which = "status = 1 AND wake_at <= ?1";
    let mut rows = of_known(view, known, which, "wake_at, number", &[now.into(), (limit as i64).into()])?;
    let room = limit.saturating_sub(rows.len());
    if room > 0 {
        let which = "status = 1 AND wake_at > ?1 AND awaits IS NULL";
        let beyond = now + backoff::LONGEST;
        rows.extend(of_known(view, known, which, "wake_at, number", &[beyond.into(), (room as i64).into()])?);
    }
    Ok(rows)
}

/// Name and version of a definition.
pub(super) type Known = (&'static str, u32);

fn of_known(
    view: &View<'_>,
    known: &[Known],
    which: &str,
    order: &str,
    fixed: &[Param<'_>],
) -> Result<Vec<RunRow>> {
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = format!("SELECT {COLUMNS} FROM saga_runs WHERE ended_at IS NULL AND {which} AND (");
    let mut params = fixed.to_vec();
    for (place, (name, version)) in known.iter().enumerate() {
        let or = if place == 0 { "" } else { " OR " };
        let first = params.len() + 1;
        // Writing to a string cannot fail.
        let _ = write!(sql, "{or}(name = ?{first} AND version = ?{})", first + 1);
        params.extend([Param::from(*name), Param::from(*version)]);
    }
    let _ = write!(sql, ") ORDER BY {order} LIMIT ?2");
    view.query(&sql, &params, RunRow::read)
}

/// The greatest number of a run; 0 when there is none.
pub(super) fn youngest(view: &View<'_>) -> Result<i64> {
    let number = view.query_one("SELECT max(number) FROM saga_runs", &[], |row| row.get::<Option<i64>>(0))?;
    Ok(number.flatten().unwrap_or_default())
}

/// When the next sleeping run after `now` wakes.
pub(super) fn next_wake(view: &View<'_>, now: Timestamp) -> Result<Option<Timestamp>> {
    view.query_one(
        "SELECT wake_at FROM saga_runs WHERE ended_at IS NULL AND status = 1 AND wake_at > ?1
         ORDER BY wake_at LIMIT 1",
        &[now.into()],
        |row| row.get(0),
    )
}

/// Back in flight after a sleep.
pub(super) fn set_active(tx: &Tx<'_>, number: i64) -> Result<()> {
    tx.execute(
        "UPDATE saga_runs SET status = 0, wake_at = 0, awaits = NULL WHERE number = ?1",
        &[number.into()],
    )?;
    Ok(())
}

/// Asleep until `wake_at` or, with `awaits`, until that signal.
pub(super) fn set_asleep(tx: &Tx<'_>, number: i64, wake_at: Timestamp, awaits: Option<&str>) -> Result<()> {
    tx.execute(
        "UPDATE saga_runs SET status = 1, wake_at = ?2, awaits = ?3, reason = NULL WHERE number = ?1",
        &[number.into(), wake_at.into(), awaits.into()],
    )?;
    Ok(())
}

/// On the way back from now on.
pub(super) fn set_failure(tx: &Tx<'_>, number: i64, failure: &Failure) -> Result<()> {
    tx.execute(
        "UPDATE saga_runs SET failure = ?2 WHERE number = ?1",
        &[number.into(), (&failure.to_json()?).into()],
    )?;
    Ok(())
}

/// Standing still until it is resumed.
pub(super) fn set_parked(tx: &Tx<'_>, number: i64, reason: &str) -> Result<()> {
    tx.execute(
        "UPDATE saga_runs SET status = 4, wake_at = 0, awaits = NULL, reason = ?2 WHERE number = ?1",
        &[number.into(), reason.into()],
    )?;
    Ok(())
}

/// Ended, as `phase` says.
pub(super) fn set_ended(tx: &Tx<'_>, number: i64, phase: Phase, at: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE saga_runs SET status = ?2, wake_at = 0, awaits = NULL, ended_at = ?3 WHERE number = ?1",
        &[number.into(), phase.number().into(), at.into()],
    )?;
    Ok(())
}
