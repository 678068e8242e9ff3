//! Every statement about jobs and schedules.

use mainstay_core::{Context, Id, Principal, Result, TenantId, Timestamp, TraceContext};
use mainstay_sql::{Row, Tx, View};

use crate::codes;
use crate::job::JobKind;
use crate::jobs::Enqueued;
use crate::new_job::{NewJob, Priority, Start};
use crate::schedule::Stored;

pub(crate) fn insert(tx: &Tx<'_>, ctx: &Context, id: Id<JobKind>, job: &NewJob) -> Result<Enqueued> {
    let due_at = match job.start {
        Start::After(wait) => tx.now() + wait,
        Start::At(instant) => instant,
    };
    let on_behalf_of = ctx.on_behalf_of().map(Principal::to_string);
    let rows = tx.execute(
        "INSERT INTO jobs (id, kind, state, priority, attempts, due_at, enqueued_at, unique_key, tenant, principal, \
         on_behalf_of, trace, payload) VALUES (?1, ?2, 0, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT DO NOTHING",
        &[
            (&id).into(),
            job.kind.into(),
            job.priority.number().into(),
            due_at.into(),
            tx.now().into(),
            job.unique.as_ref().into(),
            ctx.tenant().as_bytes().into(),
            (&ctx.principal().to_string()).into(),
            on_behalf_of.as_ref().into(),
            (&ctx.trace().to_bytes()).into(),
            (&job.payload).into(),
        ],
    )?;
    if rows == 1 {
        return Ok(Enqueued { id, existed: false });
    }
    let existing = tx.query_one(
        "SELECT id FROM jobs WHERE kind = ?1 AND unique_key = ?2 AND unique_key IS NOT NULL AND state < 2",
        &[job.kind.into(), job.unique.as_ref().into()],
        |row| row.get(0),
    )?;
    existing
        .map(|id| Enqueued { id, existed: true })
        .ok_or_else(|| mainstay_core::codes::INTERNAL.error("a job was refused although nothing has its key"))
}

/// A job that was just taken on.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) id: Id<JobKind>,
    pub(crate) kind: String,
    pub(crate) payload: String,
    /// With the one that begins.
    pub(crate) attempts: u32,
    pub(crate) due_at: Timestamp,
    pub(crate) caller: Caller,
}

/// For whom it runs, as stored.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    tenant: Vec<u8>,
    principal: String,
    on_behalf_of: Option<String>,
    trace: Vec<u8>,
}

impl Caller {
    /// `jobs.unreadable` when the row is damaged: a job must not run as somebody else.
    pub(crate) fn context(&self) -> Result<Context> {
        let unreadable = || codes::UNREADABLE.error("the job's row does not say for whom it runs");
        let tenant: [u8; 16] = self.tenant.as_slice().try_into().map_err(|_| unreadable())?;
        let trace = TraceContext::from_bytes(&self.trace).ok_or_else(unreadable)?;
        let on_behalf_of = self.on_behalf_of.as_ref().map(|text| text.parse()).transpose()?;
        let context = Context::new(TenantId::from_bytes(tenant), self.principal.parse()?, trace);
        Ok(context.with_on_behalf_of(on_behalf_of))
    }
}

/// The due jobs of a kind and priority, the longest due first.
pub(crate) fn due(
    view: &View<'_>,
    kind: &str,
    priority: Priority,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(Timestamp, Id<JobKind>)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    view.query(
        "SELECT due_at, id FROM jobs WHERE state = 0 AND kind = ?1 AND priority = ?2 AND due_at <= ?3 \
         ORDER BY due_at LIMIT ?4",
        &[kind.into(), priority.number().into(), now.into(), limit.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Pulls retries that are due later than any wait could have put them to now: the wall clock stepped back since.
pub(crate) fn pull_in(tx: &Tx<'_>, kind: &str, horizon: Timestamp) -> Result<u64> {
    tx.execute(
        "UPDATE jobs SET due_at = ?3 WHERE state = 0 AND attempts > 0 AND kind = ?1 AND due_at > ?2",
        &[kind.into(), horizon.into(), tx.now().into()],
    )
}

/// When the next job of the kind is due, and whether some retry lies beyond `horizon`.
pub(crate) fn next_due(view: &View<'_>, kind: &str, horizon: Timestamp) -> Result<(Option<Timestamp>, bool)> {
    let mut next = None;
    for priority in Priority::ALL {
        let due = view.query_one(
            "SELECT due_at FROM jobs WHERE state = 0 AND kind = ?1 AND priority = ?2 ORDER BY due_at LIMIT 1",
            &[kind.into(), priority.number().into()],
            |row| row.get::<Timestamp>(0),
        )?;
        next = match (next, due) {
            (Some(a), Some(b)) => Some(std::cmp::min::<Timestamp>(a, b)),
            (a, b) => a.or(b),
        };
    }
    let beyond = view.query_one(
        "SELECT 1 FROM jobs WHERE state = 0 AND attempts > 0 AND kind = ?1 AND due_at > ?2 LIMIT 1",
        &[kind.into(), horizon.into()],
        |row| row.get::<i64>(0),
    )?;
    Ok((next, beyond.is_some()))
}

/// Takes a queued job on.
pub(crate) fn claim(tx: &Tx<'_>, id: &Id<JobKind>) -> Result<Option<Claimed>> {
    tx.execute(
        "UPDATE jobs SET state = 1, attempts = attempts + 1 WHERE id = ?1 AND state = 0",
        &[id.into()],
    )?;
    tx.query_one(
        "SELECT id, kind, payload, attempts, due_at, tenant, principal, on_behalf_of, trace FROM jobs WHERE id = ?1",
        &[id.into()],
        claimed,
    )
}

fn claimed(row: &Row<'_>) -> Result<Claimed> {
    Ok(Claimed {
        id: row.get(0)?,
        kind: row.get(1)?,
        payload: row.get(2)?,
        attempts: row.get(3)?,
        due_at: row.get(4)?,
        caller: Caller {
            tenant: row.get(5)?,
            principal: row.get(6)?,
            on_behalf_of: row.get(7)?,
            trace: row.get(8)?,
        },
    })
}

/// Jobs that are marked as running, with their kind and attempts.
pub(crate) fn running(view: &View<'_>) -> Result<Vec<(Id<JobKind>, String, u32)>> {
    view.query("SELECT id, kind, attempts FROM jobs WHERE state = 1", &[], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

pub(crate) fn done(tx: &Tx<'_>, id: &Id<JobKind>) -> Result<()> {
    tx.execute(
        "UPDATE jobs SET state = 2, ended_at = ?2, code = NULL, reason = NULL WHERE id = ?1 AND state = 1",
        &[id.into(), tx.now().into()],
    )?;
    Ok(())
}

pub(crate) fn again(
    tx: &Tx<'_>,
    id: &Id<JobKind>,
    due_at: Timestamp,
    code: &str,
    reason: &str,
) -> Result<()> {
    tx.execute(
        "UPDATE jobs SET state = 0, due_at = ?2, code = ?3, reason = ?4 WHERE id = ?1 AND state = 1",
        &[id.into(), due_at.into(), code.into(), reason.into()],
    )?;
    Ok(())
}

/// Back into the queue as if it had not been begun.
pub(crate) fn hand_over(tx: &Tx<'_>, id: &Id<JobKind>) -> Result<()> {
    tx.execute(
        "UPDATE jobs SET state = 0, attempts = attempts - 1 WHERE id = ?1 AND state = 1",
        &[id.into()],
    )?;
    Ok(())
}

pub(crate) fn dead(tx: &Tx<'_>, id: &Id<JobKind>, code: &str, reason: &str) -> Result<()> {
    tx.execute(
        "UPDATE jobs SET state = 3, ended_at = ?2, code = ?3, reason = ?4 WHERE id = ?1 AND state = 1",
        &[id.into(), tx.now().into(), code.into(), reason.into()],
    )?;
    Ok(())
}

// `state >= 2` is what the index of the ended ones says of itself: without these words SQLite does not see that it will do,
// and reads every job there is.
const PRUNE: &str = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs \
                     WHERE state = 2 AND state >= 2 AND ended_at < ?1 ORDER BY ended_at LIMIT ?2)";

/// Deletes jobs that were done before `before`, at most `limit`; how many there were.
pub(crate) fn prune(tx: &Tx<'_>, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(PRUNE, &[before.into(), limit.into()])
}

/// When the kind's bucket of starts is full again; `None` for one that was never touched.
pub(crate) fn rate(view: &View<'_>, kind: &str) -> Result<Option<Timestamp>> {
    view.query_one("SELECT full_at FROM job_rates WHERE kind = ?1", &[kind.into()], |row| row.get(0))
}

pub(crate) fn set_rate(tx: &Tx<'_>, kind: &str, full_at: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO job_rates (kind, full_at) VALUES (?1, ?2)
         ON CONFLICT (kind) DO UPDATE SET full_at = excluded.full_at",
        &[kind.into(), full_at.into()],
    )?;
    Ok(())
}

pub(crate) fn schedule(view: &View<'_>, name: &str) -> Result<Option<Stored>> {
    view.query_one(
        "SELECT pattern, next_at, last_at FROM job_schedules WHERE name = ?1",
        &[name.into()],
        |row| Ok(Stored { pattern: row.get(0)?, next_at: row.get(1)?, last_at: row.get(2)? }),
    )
}

pub(crate) fn set_schedule(tx: &Tx<'_>, name: &str, stored: &Stored) -> Result<()> {
    tx.execute(
        "INSERT INTO job_schedules (name, pattern, next_at, last_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (name) DO UPDATE SET pattern = excluded.pattern, next_at = excluded.next_at, \
         last_at = excluded.last_at",
        &[name.into(), (&stored.pattern).into(), stored.next_at.into(), stored.last_at.into()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Clock, Context};
    use mainstay_engine_sqlite::Sqlite;
    use mainstay_sql::{DatabaseEngine, Metrics, Options};

    use super::*;

    #[tokio::test]
    async fn jobs_that_are_to_go_are_looked_up_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().display());
        let db = Sqlite.open(&url, "test", Options::new(Clock::system(), Metrics::unregistered())).unwrap();
        db.migrate(&[crate::MIGRATIONS]).await.unwrap();
        let plan = |view: &View<'_>| {
            let bound = [Timestamp::default().into(), 1_u32.into()];
            view.query(&format!("EXPLAIN QUERY PLAN {PRUNE}"), &bound, |row| row.get::<String>(3))
        };
        let plan = db.read(&Context::background("test"), plan).await.unwrap();
        assert!(plan.iter().any(|step| step.contains("jobs_ended")), "{plan:?}");
        assert!(
            !plan.iter().any(|step| step.starts_with("SCAN") || step.starts_with("USE TEMP")),
            "{plan:?}"
        );
    }
}
