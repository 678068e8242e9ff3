//! Jobs as an operator sees them: look, retry, discard.

use mainstay_core::{Id, Result, Timestamp};
use mainstay_sql::{Aged, Row, Tx, View};

use crate::codes;
use crate::job::JobKind;
use crate::new_job::Priority;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits until it is due, for the first time or again.
    Queued,
    Running,
    /// Deleted after the time for which done jobs are kept.
    Done,
    /// Given up; it waits for a person.
    Dead,
}

impl JobState {
    // As stored; the table allows no other number.
    const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Queued,
            1 => Self::Running,
            2 => Self::Done,
            _ => Self::Dead,
        }
    }
}

/// A job and everything that is known about it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct JobRow {
    pub id: Id<JobKind>,
    pub kind: String,
    pub state: JobState,
    pub priority: Priority,
    pub attempts: u32,
    pub due_at: Timestamp,
    pub enqueued_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub unique_key: Option<String>,
    /// As whom it runs.
    pub principal: String,
    /// The last failure's code.
    pub code: Option<String>,
    /// The whole last failure, with its private causes: not for the public.
    pub reason: Option<String>,
    /// JSON.
    pub payload: String,
}

/// How many jobs of a kind are in a state. Done ones are not counted: they are many and of no interest.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct JobCount {
    pub kind: String,
    pub state: JobState,
    pub count: u64,
}

/// A schedule's times.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ScheduleRow {
    pub name: String,
    pub pattern: String,
    pub next_at: Timestamp,
    pub last_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, kind, state, priority, attempts, due_at, enqueued_at, ended_at, unique_key, principal, \
                       code, reason, payload";

/// The jobs in a state with ids after `after`, the oldest first.
pub fn list(view: &View<'_>, state: JobState, after: Option<Id<JobKind>>, limit: u32) -> Result<Vec<JobRow>> {
    let after = after.unwrap_or_else(|| Id::from_bytes([0; 16]));
    // The state is written out, so that the partial index of that state is found and the many done jobs are not read.
    let state = match state {
        JobState::Queued => "state = 0",
        JobState::Running => "state = 1",
        JobState::Done => "state = 2 AND state >= 2",
        JobState::Dead => "state = 3 AND state >= 2",
    };
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE {state} AND id > ?1 ORDER BY id LIMIT ?2");
    view.query(&sql, &[(&after).into(), limit.into()], job_row)
}

/// One job; `None` when there is none or it was done more than a day ago.
pub fn get(view: &View<'_>, id: Id<JobKind>) -> Result<Option<JobRow>> {
    view.query_one(&format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1"), &[(&id).into()], job_row)
}

fn job_row(row: &Row<'_>) -> Result<JobRow> {
    Ok(JobRow {
        id: row.get(0)?,
        kind: row.get(1)?,
        state: JobState::from_number(row.get(2)?),
        priority: Priority::from_number(row.get(3)?),
        attempts: row.get(4)?,
        due_at: row.get(5)?,
        enqueued_at: row.get(6)?,
        ended_at: row.get(7)?,
        unique_key: row.get(8)?,
        principal: row.get(9)?,
        code: row.get(10)?,
        reason: row.get(11)?,
        payload: row.get(12)?,
    })
}

/// How many jobs wait, run and are dead, by kind.
pub fn counts(view: &View<'_>) -> Result<Vec<JobCount>> {
    let mut counts = Vec::new();
    for (state, sql) in [
        (JobState::Queued, "SELECT kind, count(*) FROM jobs WHERE state = 0 GROUP BY kind"),
        (JobState::Running, "SELECT kind, count(*) FROM jobs WHERE state = 1 GROUP BY kind"),
        (JobState::Dead, "SELECT kind, count(*) FROM jobs WHERE state = 3 AND state >= 2 GROUP BY kind"),
    ] {
        counts.extend(
            view.query(sql, &[], |row| Ok(JobCount { kind: row.get(0)?, state, count: row.get(1)? }))?,
        );
    }
    Ok(counts)
}

/// Jobs that were done, and how many of them were before `before`.
pub fn done(view: &View<'_>, before: Timestamp) -> Result<Aged> {
    view.aged(
        "SELECT count(*), min(ended_at), sum(ended_at < ?1) FROM jobs WHERE state = 2 AND state >= 2",
        &[before.into()],
    )
}

/// All schedules that ever ran here, by name.
pub fn schedules(view: &View<'_>) -> Result<Vec<ScheduleRow>> {
    view.query("SELECT name, pattern, next_at, last_at FROM job_schedules ORDER BY name", &[], |row| {
        Ok(ScheduleRow {
            name: row.get(0)?,
            pattern: row.get(1)?,
            next_at: row.get(2)?,
            last_at: row.get(3)?,
        })
    })
}

/// Queues a dead job again, due now, with all attempts before it. The service notices within a second.
///
/// Errors: `jobs.no_such_job`, `jobs.not_dead`, and `jobs.key_taken` when a later job has its unique key.
pub fn retry(tx: &Tx<'_>, id: Id<JobKind>) -> Result<()> {
    require_dead(tx, id)?;
    let outcome = tx.nested(|tx| {
        tx.execute(
            "UPDATE jobs SET state = 0, attempts = 0, due_at = ?2, ended_at = NULL WHERE id = ?1 AND state = 3",
            &[(&id).into(), tx.now().into()],
        )
    });
    match outcome {
        Ok(_) => Ok(()),
        Err(error) if error.is(&mainstay_sql::codes::UNIQUE) => {
            Err(codes::KEY_TAKEN.error(format!("a later job has the unique key of {id}")))
        }
        Err(error) => Err(error),
    }
}

/// Deletes a dead job and gives it back. Errors: `jobs.no_such_job`, `jobs.not_dead`.
pub fn discard(tx: &Tx<'_>, id: Id<JobKind>) -> Result<JobRow> {
    let row = require_dead(tx, id)?;
    tx.execute("DELETE FROM jobs WHERE id = ?1 AND state = 3", &[(&id).into()])?;
    Ok(row)
}

fn require_dead(view: &View<'_>, id: Id<JobKind>) -> Result<JobRow> {
    let row = get(view, id)?.ok_or_else(|| codes::NO_SUCH_JOB.error(format!("there is no job {id}")))?;
    if row.state != JobState::Dead {
        return Err(codes::NOT_DEAD.error(format!("{id} is {}", words(row.state))));
    }
    Ok(row)
}

const fn words(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "queued",
        JobState::Running => "running",
        JobState::Done => "done",
        JobState::Dead => "dead",
    }
}
