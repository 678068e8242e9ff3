//! Reading: what a closure sees of the database, at one instant.

use std::ops::ControlFlow;
use std::time::Duration;

use mainstay_core::{Context, Result, Stopwatch, Timestamp};

use crate::connection::Connection;
use crate::insight::SlowQuery;
use crate::value::{Param, Row};
use crate::work::Door;

/// The database as it was when the closure began, with the closure's own writes in a transaction.
pub struct View<'a> {
    pub(crate) connection: &'a dyn Connection,
    pub(crate) context: &'a Context,
    pub(crate) door: &'a Door,
    pub(crate) now: Timestamp,
}

impl View<'_> {
    /// All rows of a query, each through `read`. For lists that a page bounds.
    pub fn query<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, params, &mut |row| {
            rows.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// The first row of a query, or `None` when there is none.
    pub fn query_one<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut first = None;
        self.each(sql, params, &mut |row| {
            first = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }

    /// Every row of a query in turn, without keeping any.
    pub fn for_each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.each(sql, params, &mut |row| read(row).map(ControlFlow::Continue))
    }

    /// The bytes that the database's tables and indexes take; room that became free is not counted.
    pub fn size_bytes(&self) -> Result<u64> {
        self.connection.size()
    }

    /// The wall clock when the closure began; it stands still while it runs.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// For whom the closure runs.
    pub fn context(&self) -> &Context {
        self.context
    }

    /// As [`View::query_one`] for what every transaction asks by design: no repeat of it is a mistake.
    pub(crate) fn query_own<T>(
        &self,
        sql: &str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut first = None;
        self.timed(sql, || {
            self.connection.query(sql, params, &mut |columns| {
                first = Some(read(&Row::new(columns))?);
                Ok(ControlFlow::Break(()))
            })
        })?;
        Ok(first)
    }

    /// Rows of a query in turn, without keeping any, until `read` breaks off.
    pub fn each(
        &self,
        sql: &str,
        params: &[Param<'_>],
        read: &mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        if let Some(ledger) = self.context.queries()
            && is_look_up(sql)
        {
            ledger.record(sql);
        }
        self.timed(sql, || self.connection.query(sql, params, &mut |columns| read(&Row::new(columns))))
    }

    pub(crate) fn timed<T>(&self, sql: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let watch = Stopwatch::start();
        let outcome = run();
        let took = watch.elapsed();
        self.door.metrics.ran(took);
        if self.door.insight.is_sampled() {
            let plan =
                || self.connection.plan(sql).unwrap_or_else(|_| "no plan: the engine gave none".to_owned());
            self.door.insight.record_frequent(sql, plan);
        }
        if took >= self.door.insight.slow_after() {
            self.keep_slow(sql, took);
        }
        outcome
    }

    #[cold]
    fn keep_slow(&self, sql: &str, took: Duration) {
        let plan = self.connection.plan(sql).unwrap_or_else(|_| "no plan: the engine gave none".to_owned());
        tracing::warn!(
            database = self.door.name.as_str(),
            sql,
            took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            plan,
            "slow statement"
        );
        self.door.metrics.slow.inc();
        self.door.insight.record_slow(SlowQuery {
            sql: sql.to_owned(),
            took,
            plan,
            at: self.now,
            trace_id: self.context.trace().trace_id,
        });
    }
}

// A write that returns its row is a write: one for each row is what was asked for.
fn is_look_up(sql: &str) -> bool {
    let first = sql.trim_ascii_start().get(..6).unwrap_or_default();
    first.eq_ignore_ascii_case("select")
        || first.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("with"))
}
