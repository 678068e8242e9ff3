//! SQLite's errors in the words of the port.

use mainstay_core::{Error, codes as core_codes};
use mainstay_sql::codes::{self, BrokenConstraint};
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// The error of the port. `over_limit`: whether the guard stopped the statement.
pub(super) fn of(error: rusqlite::Error, over_limit: bool) -> Error {
    let (failure, message) = match &error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            (*failure, message.as_deref().unwrap_or_default())
        }
        rusqlite::Error::SqlInputError { error: failure, msg, .. } => (*failure, msg.as_str()),
        _ => return codes::STATEMENT.because("the database refused the statement", error),
    };
    match failure.code {
        ErrorCode::ConstraintViolation => constraint(failure.extended_code, message),
        ErrorCode::DiskFull => codes::FULL.because("the disk is full", error),
        // The index of the log could not grow: the same full disk, seen from another side.
        ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
            codes::FULL.because("the disk is full", error)
        }
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            codes::IO.because("the database cannot use its files", error)
        }
        ErrorCode::ReadOnly if failure.extended_code != ffi::SQLITE_READONLY => {
            codes::IO.because("the database cannot use its files", error)
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
            codes::BUSY.because("the database is busy", error)
        }
        ErrorCode::OperationInterrupted if over_limit => {
            codes::STEP_LIMIT.because("the work takes too many steps", error)
        }
        ErrorCode::OperationInterrupted => codes::INTERRUPTED.because("the work was interrupted", error),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            codes::CORRUPT.because("the database is damaged", error)
        }
        ErrorCode::OutOfMemory => core_codes::OVERLOADED.because("the database has no memory left", error),
        _ => codes::STATEMENT.because("the database refused the statement", error),
    }
}

/// The error of a batch that was lost earlier: the same code, for the statements and works that come after.
pub(super) fn again(lost: &Error) -> Error {
    let retry = lost.retry();
    Error::from_parts(
        lost.kind(),
        lost.code().to_owned(),
        lost.title().to_owned(),
        lost.message().to_owned(),
        retry,
        vec![],
    )
}

fn constraint(extended: i32, message: &str) -> Error {
    // "UNIQUE constraint failed: orders.number"; a few kinds have no name behind the colon.
    let name = message.split_once("constraint failed: ").map_or("", |(_, name)| name).to_owned();
    let (code, sentence) = match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            (&codes::UNIQUE, "it exists already")
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => (&codes::FOREIGN_KEY, "what it refers to is not there"),
        ffi::SQLITE_CONSTRAINT_NOTNULL => (&codes::NOT_NULL, "a value is missing"),
        _ => (&codes::CHECK, "the value is not allowed"),
    };
    code.because(sentence, BrokenConstraint { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(extended: i32, over_limit: bool) -> String {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(extended), None);
        of(error, over_limit).code().to_owned()
    }

    #[test]
    fn every_failure_has_its_code() {
        assert_eq!(code_of(ffi::SQLITE_FULL, false), "sql.full");
        assert_eq!(code_of(ffi::SQLITE_IOERR_SHMSIZE, false), "sql.full");
        assert_eq!(code_of(ffi::SQLITE_IOERR_FSYNC, false), "sql.io");
        assert_eq!(code_of(ffi::SQLITE_BUSY, false), "sql.busy");
        assert_eq!(code_of(ffi::SQLITE_INTERRUPT, false), "sql.interrupted");
        assert_eq!(code_of(ffi::SQLITE_INTERRUPT, true), "sql.step_limit");
        assert_eq!(code_of(ffi::SQLITE_CORRUPT, false), "sql.corrupt");
        assert_eq!(code_of(ffi::SQLITE_NOMEM, false), "core.overloaded");
        assert_eq!(code_of(ffi::SQLITE_READONLY, false), "sql.statement");
        assert_eq!(code_of(ffi::SQLITE_READONLY_DBMOVED, false), "sql.io");
    }

    #[test]
    fn a_constraint_is_named() {
        let error = constraint(ffi::SQLITE_CONSTRAINT_UNIQUE, "UNIQUE constraint failed: orders.number");
        assert_eq!(mainstay_sql::constraint(&error), Some("orders.number"));
        assert_eq!(mainstay_sql::constraint(&constraint(ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "")), None);
    }
}
