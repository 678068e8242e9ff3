//! What can go wrong at the door, and which constraint it was.

use std::fmt;

use mainstay_core::{Code, Error, Kind};

pub const UNIQUE: Code = Code::new(
    "sql.unique",
    Kind::AlreadyExists,
    "Something with this key exists already",
    "Read what exists, or choose another key.",
);
pub const FOREIGN_KEY: Code = Code::new(
    "sql.foreign_key",
    Kind::FailedPrecondition,
    "It refers to something that does not exist, or something still refers to it",
    "Create what is referred to first; delete what refers to it first.",
);
pub const CHECK: Code = Code::new(
    "sql.check",
    Kind::FailedPrecondition,
    "The database refuses such a value",
    "Look at the rule that the log names; the value breaks it.",
);
pub const NOT_NULL: Code = Code::new(
    "sql.not_null",
    Kind::FailedPrecondition,
    "A value is missing that the database requires",
    "Look at the column that the log names and fill it.",
);
pub const FULL: Code = Code::new(
    "sql.full",
    Kind::ResourceExhausted,
    "The disk of the database is full",
    "Nothing was done. Make room; the next write goes through without a restart.",
);
pub const IO: Code = Code::new(
    "sql.io",
    Kind::Unavailable,
    "The database cannot read or write its files",
    "Ask again with the same idempotency key. Look at the disk and the log of the service.",
);
pub const BUSY: Code = Code::new(
    "sql.busy",
    Kind::Aborted,
    "Another process held the database for too long",
    "Nothing was done. Send it again; look for a process that keeps a transaction open.",
);
pub const CORRUPT: Code = Code::new(
    "sql.corrupt",
    Kind::DataLoss,
    "The file of the database is damaged",
    "Stop the service and restore the file from its backup.",
);
pub const LEASE_LOST: Code = Code::new(
    "sql.lease_lost",
    Kind::FailedPrecondition,
    "Another process has taken over",
    "Nothing was done. The new holder goes on with the work; stop this one's.",
);
pub const STEP_LIMIT: Code = Code::new(
    "sql.step_limit",
    Kind::FailedPrecondition,
    "The statement would hold the database for too long",
    "Nothing was done. Split the work into pages, or give the query an index.",
);
pub const INTERRUPTED: Code = Code::new(
    "sql.interrupted",
    Kind::Aborted,
    "The statement was interrupted",
    "Nothing was done. Send it again.",
);
pub const CLOSED: Code = Code::new(
    "sql.closed",
    Kind::Unavailable,
    "The database is closed",
    "The process is shutting down; ask again with the same idempotency key.",
);
pub const PANICKED: Code = Code::new(
    "sql.panicked",
    Kind::Internal,
    "Something is broken on our side",
    "Nothing was done. Report it with the trace id of the answer.",
);
pub const STATEMENT: Code = Code::new(
    "sql.statement",
    Kind::Internal,
    "The database did not understand the statement",
    "Report it with the trace id of the answer; the log has the statement's fault.",
);
pub const COLUMN: Code = Code::new(
    "sql.column",
    Kind::Internal,
    "A stored value is not what the program expects",
    "Report it with the trace id of the answer; the log names the column.",
);
pub const MIGRATION_CHANGED: Code = Code::new(
    "sql.migration_changed",
    Kind::FailedPrecondition,
    "A migration that was applied has changed since",
    "Restore the migration's text and write the change as a new one.",
);
pub const MIGRATION_REFUSED: Code = Code::new(
    "sql.migration_refused",
    Kind::FailedPrecondition,
    "The list of migrations cannot be applied",
    "Number the list from 1 without gaps; the message names what does not fit.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[
    &UNIQUE,
    &FOREIGN_KEY,
    &CHECK,
    &NOT_NULL,
    &FULL,
    &IO,
    &BUSY,
    &CORRUPT,
    &LEASE_LOST,
    &STEP_LIMIT,
    &INTERRUPTED,
    &CLOSED,
    &PANICKED,
    &STATEMENT,
    &COLUMN,
    &MIGRATION_CHANGED,
    &MIGRATION_REFUSED,
];

/// A broken constraint as the engine names it: the private cause of [`UNIQUE`], [`FOREIGN_KEY`], [`CHECK`] and
/// [`NOT_NULL`].
#[derive(Debug)]
pub struct BrokenConstraint {
    /// The constraint's name, or the columns it covers (`orders.number`), or nothing when the engine does not tell.
    pub name: String,
}

impl fmt::Display for BrokenConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            f.write_str("a constraint that the engine does not name")
        } else {
            write!(f, "the constraint on {}", self.name)
        }
    }
}

impl std::error::Error for BrokenConstraint {}

/// The constraint that a write broke, when it broke one and the engine named it.
pub fn constraint(error: &Error) -> Option<&str> {
    error.cause::<BrokenConstraint>().map(|broken| broken.name.as_str()).filter(|name| !name.is_empty())
}

pub(crate) fn not_readable(index: usize, class: &'static str, wanted: &'static str) -> Error {
    COLUMN
        .because("stored data cannot be read", format!("column {index} is {class} and was read as {wanted}"))
}
