//! SQLite behind Mainstay's ports: one file a service, nothing to install, nothing to run.
//!
//! A crate of its own keeps the C library and its binding out of everything else. It has a file for each port that
//! it fills; [`Sqlite`] fills the one for databases, [`Fts5`] the one for full-text search.

mod database;
mod search;

pub use database::Sqlite;
pub use search::Fts5;
