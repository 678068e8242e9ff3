//! The port: what a kind of database does with an index.
//!
//! The index itself is made by the service's migrations, which are written for one kind of database as all its
//! schema is. It has one column a field.

use mainstay_core::Result;
use mainstay_sql::{Tx, View};

use crate::query::Query;

/// An index that a migration has made.
#[derive(Clone, Copy, Debug)]
pub struct TextIndex {
    /// The name of its table.
    pub name: &'static str,
    /// Its fields, in the order of the table's columns.
    pub fields: &'static [TextField],
}

/// One field of an index.
#[derive(Clone, Copy, Debug)]
pub struct TextField {
    /// The name of its column.
    pub name: &'static str,
    /// How much a word here counts against a word elsewhere.
    pub weight: f64,
}

/// A row that matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub row: i64,
    /// Lower is better; only the order means something.
    pub rank: f64,
}

/// A field of which what matches is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shorten {
    /// Its place among the index's fields.
    pub field: usize,
    /// How many words of a long one are shown around a match.
    pub words: u32,
}

/// A kind of database that has full-text search.
pub trait TextEngine: Send + Sync {
    /// The scheme of the databases that it is for.
    fn scheme(&self) -> &'static str;

    /// Adds a row's texts, one a field; of a row that is not there.
    fn add(&self, tx: &Tx<'_>, index: &TextIndex, row: i64, texts: &[&str]) -> Result<()>;

    /// Puts a row's texts, one a field, in place of what was there.
    fn put(&self, tx: &Tx<'_>, index: &TextIndex, row: i64, texts: &[&str]) -> Result<()>;

    /// Takes a row out; one that is not there is a success.
    fn remove(&self, tx: &Tx<'_>, index: &TextIndex, row: i64) -> Result<()>;

    /// Does a piece of what writing has put off so that searches find faster, some milliseconds of work; whether there may
    /// be more.
    fn tidy(&self, tx: &Tx<'_>, index: &TextIndex) -> Result<bool>;

    /// The texts that were put for these rows, in no order; one that is not there is absent.
    fn texts(&self, view: &View<'_>, index: &TextIndex, rows: &[i64]) -> Result<Vec<(i64, Vec<String>)>>;

    /// The rows that have every word of the query, at most so many, in no order. The last word of an unfinished query
    /// is also matched as the beginning of one.
    fn find(&self, view: &View<'_>, index: &TextIndex, query: &Query, most: u32) -> Result<Vec<Hit>>;

    /// These fields of these rows with each matching word between [`MARK_START`](crate::MARK_START) and
    /// [`MARK_END`](crate::MARK_END), each shortened around them when it is long; a text for each field, in their order.
    fn marked(
        &self,
        view: &View<'_>,
        index: &TextIndex,
        query: &Query,
        rows: &[i64],
        fields: &[Shorten],
    ) -> Result<Vec<(i64, Vec<String>)>>;
}
