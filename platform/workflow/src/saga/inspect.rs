//! What operators see: runs, and the journal of one.

use mainstay_core::{Id, Result};
use mainstay_sql::View;

use super::journal::{self, JournalEntry};
use super::runs::{self, COLUMNS, RunRow};
use super::sagas::Sagas;
use super::signals::{self, Signal};
use super::status::{RunKind, RunStatus};

/// Rows of one page at most.
const PAGE_MAX: u32 = 500;

/// Which runs to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All that have not ended.
    Open,
    /// Those that wait for a person.
    Parked,
    /// All there are.
    All,
}

impl Sagas {
    /// One run; `None` when there is none of that id.
    pub fn status(&self, view: &View<'_>, run: Id<RunKind>) -> Result<Option<RunStatus>> {
        Ok(runs::find(view, run)?.map(RunRow::into_status))
    }

    /// What happened to a run, oldest first. The states are in it as JSON.
    pub fn journal(&self, view: &View<'_>, run: Id<RunKind>) -> Result<Vec<JournalEntry>> {
        runs::find(view, run)?.map_or_else(|| Ok(Vec::new()), |row| journal::of_run(view, row.number))
    }

    /// What a run was sent, oldest first.
    pub fn signals(&self, view: &View<'_>, run: Id<RunKind>) -> Result<Vec<Signal>> {
        runs::find(view, run)?.map_or_else(|| Ok(Vec::new()), |row| signals::of_run(view, row.number))
    }

    /// A page of runs, the youngest first, of those that were started before the run `before`.
    pub fn list(
        &self,
        view: &View<'_>,
        filter: Filter,
        before: Option<Id<RunKind>>,
        limit: u32,
    ) -> Result<Vec<RunStatus>> {
        let before = match before {
            Some(run) => runs::find(view, run)?.map_or(0, |row| row.number),
            None => i64::MAX,
        };
        let which = match filter {
            Filter::Open => "ended_at IS NULL AND",
            Filter::Parked => "ended_at IS NULL AND status = 4 AND",
            Filter::All => "",
        };
        let rows = view.query(
            &format!(
                "SELECT {COLUMNS} FROM saga_runs WHERE {which} number < ?1 ORDER BY number DESC LIMIT ?2"
            ),
            &[before.into(), limit.min(PAGE_MAX).into()],
            RunRow::read,
        )?;
        Ok(rows.into_iter().map(RunRow::into_status).collect())
    }
}
