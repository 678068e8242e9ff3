//! Full-text search in a service's own database: ranked, highlighted, with suggestions, and forgiving one slip a word.
//!
//! The index is kept in the transaction of the change, so there is no moment at which a thing is stored and cannot be
//! found. What people type is never a query language: it is cut into words, and only words reach an engine. An engine
//! fills [`TextEngine`] for its kind of database; the words that are used, for suggestions and slips, are plain tables
//! and the same on every engine.
//!
//! It refuses to know what is searched: filters, facets and who may see what are the service's.

mod engine;
mod highlight;
mod index;
mod migrations;
mod query;
mod slip;
mod vocabulary;
mod words;

pub use engine::{Hit, Shorten, TextEngine, TextField, TextIndex};
pub use highlight::{MARK_END, MARK_START};
pub use index::{Found, Search};
pub use migrations::MIGRATIONS;
pub use query::{Query, WORDS_MAX};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::highlight::to_html;
    pub use crate::slip::{shortened, within_one};
}
