//! How old rows are: what policies of retention are looked at by.

use mainstay_core::{Result, Timestamp};

use crate::value::Param;
use crate::view::View;

/// How many rows of one kind there are, and how many of them are older than their policy says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aged {
    pub rows: u64,
    pub oldest: Option<Timestamp>,
    pub due: u64,
}

impl View<'_> {
    /// Reads a row of a count, the oldest time and how many are due. It goes through all rows of the kind, so it is for
    /// operators who ask.
    pub fn aged(&self, sql: &str, params: &[Param<'_>]) -> Result<Aged> {
        let found = self.query_one(sql, params, |row| {
            Ok(Aged { rows: row.get(0)?, oldest: row.get(1)?, due: row.get::<Option<u64>>(2)?.unwrap_or(0) })
        })?;
        Ok(found.unwrap_or_default())
    }
}
