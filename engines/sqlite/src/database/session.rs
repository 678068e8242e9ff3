//! One SQLite connection as the port's closures see it.
//!
//! A failure in the middle of a transaction (a full disk, an I/O error, an interrupt) can make SQLite roll all of it
//! back, savepoints and all. Whatever ran after that would commit by itself. So after every failed statement the
//! session asks whether the transaction is still there, and refuses every further statement when it is not.

use std::cell::{Cell, OnceCell};
use std::ops::ControlFlow;
use std::sync::Arc;

use mainstay_core::{Error, Result};
use mainstay_sql::{Columns, Connection, Param, Value, codes};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, Statement};

use super::errors;
use super::guard::Guard;
use super::statements::Statements;

/// An open connection, under guard.
pub(super) struct Link {
    raw: rusqlite::Connection,
    guard: Arc<Guard>,
}

impl Link {
    pub(super) fn new(raw: rusqlite::Connection) -> Result<Self> {
        let guard = Guard::watch(&raw)?;
        Ok(Self { raw, guard })
    }

    /// For one transaction, on whatever thread has the link.
    pub(super) fn session(&self) -> Session<'_> {
        self.session_with(Statements::cached(&self.raw))
    }

    /// For all transactions, on the thread that keeps the link.
    pub(super) fn kept_session(&self) -> Session<'_> {
        self.session_with(Statements::kept(&self.raw))
    }

    fn session_with<'c>(&'c self, statements: Statements<'c>) -> Session<'c> {
        let Self { raw, guard } = self;
        Session { raw, guard, statements, lost: OnceCell::new(), changes: Cell::new(0), parts: Cell::new(0) }
    }
}

/// The connection in use.
pub(super) struct Session<'c> {
    raw: &'c rusqlite::Connection,
    guard: &'c Guard,
    statements: Statements<'c>,
    lost: OnceCell<Error>,
    changes: Cell<u64>,
    parts: Cell<u32>,
}

// The comments keep these apart from what a closure may write, for the statement cache knows only texts.
const BEGIN_WRITE: &str = "BEGIN IMMEDIATE -- door";
const BEGIN_READ: &str = "BEGIN -- door";
const COMMIT: &str = "COMMIT -- door";
const ROLLBACK: &str = "ROLLBACK -- door";
// The work's own savepoint has another name than those within it: undoing it must undo also what a panic left open.
const WORK: &str = "SAVEPOINT work -- door";
const KEEP_WORK: &str = "RELEASE work -- door";
const UNDO_WORK: &str = "ROLLBACK TO work -- door";
const SAVEPOINT: &str = "SAVEPOINT part -- door";
const RELEASE: &str = "RELEASE part -- door";
const ROLLBACK_TO: &str = "ROLLBACK TO part -- door";

impl Session<'_> {
    /// Opens a transaction that writes; waits while another process writes.
    pub(super) fn begin_write(&mut self) -> Result<()> {
        self.begin(BEGIN_WRITE)
    }

    /// Opens a transaction that sees one instant, from its first statement on.
    pub(super) fn begin_read(&mut self) -> Result<()> {
        self.begin(BEGIN_READ)
    }

    fn begin(&mut self, sql: &'static str) -> Result<()> {
        self.lost.take();
        self.changes.set(0);
        self.parts.set(0);
        self.guard.allow(None);
        self.own(sql)
    }

    pub(super) fn commit(&self) -> Result<()> {
        self.guard.allow(None);
        self.own(COMMIT)
    }

    /// Undoes everything; also after a failure that has already done so.
    pub(super) fn rollback(&self) -> Result<()> {
        self.guard.allow(None);
        if self.raw.is_autocommit() { Ok(()) } else { self.own(ROLLBACK) }
    }

    /// Opens the savepoint of one work.
    pub(super) fn begin_work(&self) -> Result<()> {
        self.own(WORK)
    }

    pub(super) fn keep_work(&self) -> Result<()> {
        self.own(KEEP_WORK)
    }

    pub(super) fn undo_work(&self) -> Result<()> {
        self.own(UNDO_WORK)?;
        self.own(KEEP_WORK)
    }

    /// A budget of steps for the next closure.
    pub(super) fn allow(&self, steps: Option<u64>) {
        self.guard.allow(steps);
    }

    pub(super) fn is_over_limit(&self) -> bool {
        self.guard.is_over_limit()
    }

    /// Why the transaction is gone, if it is gone.
    pub(super) fn loss(&self) -> Option<Error> {
        if !self.raw.is_autocommit() {
            return None;
        }
        // A transaction can only be lost by a failure that was noticed; be sure anyhow.
        let unknown = || codes::IO.error("the transaction was lost");
        Some(self.lost.get().map_or_else(unknown, errors::again))
    }

    /// How many statements that may change something have run since the transaction began.
    pub(super) fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// Whether a savepoint of a closure is open: it panicked there.
    pub(super) fn is_in_part(&self) -> bool {
        self.parts.get() > 0
    }

    /// A statement of the engine's own with one row of numbers as its answer.
    pub(super) fn own_numbers<const N: usize>(&self, sql: &'static str) -> Result<[i64; N]> {
        let read = |row: &Row<'_>| {
            let mut numbers = [0; N];
            for (index, number) in numbers.iter_mut().enumerate() {
                *number = row.get(index)?;
            }
            Ok(numbers)
        };
        let query = || self.statements.with(sql, |statement| statement?.query_row((), read));
        self.guard.own(query).map_err(|error| self.failed(error))
    }

    fn own(&self, sql: &'static str) -> Result<()> {
        let run = || self.statements.with(sql, |statement| statement?.raw_execute());
        self.guard.own(run).map(drop).map_err(|error| self.failed(error))
    }

    fn usable(&self) -> Result<()> {
        self.lost.get().map_or(Ok(()), |lost| Err(errors::again(lost)))
    }

    /// Runs `run` with the statement and its values.
    fn with<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        run: impl FnOnce(&mut Statement<'_>) -> Result<T>,
    ) -> Result<T> {
        self.usable()?;
        self.statements.with(sql, |statement| {
            let statement = statement.map_err(|error| self.failed(error))?;
            self.bind(statement, params)?;
            if !statement.readonly() {
                self.changes.set(self.changes.get() + 1);
            }
            run(statement)
        })
    }

    fn bind(&self, statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<()> {
        if statement.parameter_count() != params.len() {
            let counts = format!("{} placeholders and {} values", statement.parameter_count(), params.len());
            return Err(codes::STATEMENT.because("the statement does not fit its values", counts));
        }
        for (index, param) in (1..).zip(params) {
            let value = ToSqlOutput::Borrowed(match *param {
                Value::Null => ValueRef::Null,
                Value::Integer(number) => ValueRef::Integer(number),
                Value::Real(number) => ValueRef::Real(number),
                Value::Text(text) => ValueRef::Text(text.as_bytes()),
                Value::Blob(bytes) => ValueRef::Blob(bytes),
            });
            statement.raw_bind_parameter(index, value).map_err(|error| self.failed(error))?;
        }
        Ok(())
    }

    fn failed(&self, error: rusqlite::Error) -> Error {
        let error = errors::of(error, self.guard.is_over_limit());
        if self.raw.is_autocommit() {
            // The first loss is the cause; later ones only follow from it.
            let _ = self.lost.set(errors::again(&error));
        }
        error
    }
}

impl Connection for Session<'_> {
    fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        let execute =
            |statement: &mut Statement<'_>| statement.raw_execute().map_err(|error| self.failed(error));
        self.with(sql, params, execute).map(|rows| rows as u64)
    }

    fn query(
        &self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Columns) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.with(sql, params, |statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
                if each(&Cells(row))?.is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn script(&self, sql: &str) -> Result<()> {
        self.usable()?;
        self.changes.set(self.changes.get() + 1);
        self.raw.execute_batch(sql).map_err(|error| self.failed(error))
    }

    fn savepoint(&self) -> Result<()> {
        self.usable()?;
        self.own(SAVEPOINT)?;
        self.parts.set(self.parts.get() + 1);
        Ok(())
    }

    fn release(&self) -> Result<()> {
        self.usable()?;
        self.own(RELEASE)?;
        self.parts.set(self.parts.get().saturating_sub(1));
        Ok(())
    }

    fn rollback_to(&self) -> Result<()> {
        self.usable()?;
        self.own(ROLLBACK_TO)?;
        self.release()
    }

    fn size(&self) -> Result<u64> {
        let [pages, free, bytes] = self.own_numbers(
            "SELECT page_count, freelist_count, page_size
             FROM pragma_page_count, pragma_freelist_count, pragma_page_size -- door",
        )?;
        Ok(u64::try_from((pages - free) * bytes).unwrap_or_default())
    }

    fn plan(&self, sql: &str) -> Result<String> {
        let explain = || {
            let mut statement = self.raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let mut rows = statement.raw_query();
            let mut lines: Vec<String> = Vec::new();
            while let Some(row) = rows.next()? {
                lines.push(row.get(3)?);
            }
            Ok(lines.join("\n"))
        };
        explain().map_err(|error| errors::of(error, false))
    }
}

struct Cells<'a>(&'a Row<'a>);

impl Columns for Cells<'_> {
    fn value(&self, index: usize) -> Result<Value<'_>> {
        let unreadable = |error: String| codes::COLUMN.because("stored data cannot be read", error);
        let value = self.0.get_ref(index).map_err(|error| unreadable(error.to_string()))?;
        Ok(match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(bytes) => Value::Text(
                std::str::from_utf8(bytes).map_err(|error| unreadable(format!("column {index}: {error}")))?,
            ),
            ValueRef::Blob(bytes) => Value::Blob(bytes),
        })
    }
}
