//! The port for statements: what a view and a transaction need of an engine's connection.

use std::ops::ControlFlow;

use mainstay_core::Result;

use crate::value::{Param, Value};

/// One connection with its transaction open, on the thread that owns it. Placeholders are `?1`, `?2`, ….
pub trait Connection {
    /// Runs one statement and returns how many rows it changed.
    fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64>;

    /// Runs one query and hands each row to `each`, until that breaks or fails.
    fn query(
        &self,
        sql: &str,
        params: &[Param<'_>],
        each: &mut dyn FnMut(&dyn Columns) -> Result<ControlFlow<()>>,
    ) -> Result<()>;

    /// Runs several statements that are separated by semicolons: for migrations.
    fn script(&self, sql: &str) -> Result<()>;

    /// Opens a savepoint inside the one that is open.
    fn savepoint(&self) -> Result<()>;

    /// Keeps what was done since the innermost savepoint and closes it.
    fn release(&self) -> Result<()>;

    /// Undoes what was done since the innermost savepoint and closes it.
    fn rollback_to(&self) -> Result<()>;

    /// The bytes that the database's tables and indexes take; room that became free is not counted.
    fn size(&self) -> Result<u64>;

    /// How the engine would run the statement, in its own words, one line a part.
    fn plan(&self, sql: &str) -> Result<String>;
}

/// The columns of the row at hand.
pub trait Columns {
    /// The value at `index`, counted from 0.
    fn value(&self, index: usize) -> Result<Value<'_>>;
}
