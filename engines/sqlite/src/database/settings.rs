//! How every connection is set, and why.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use mainstay_core::Result;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{busy, errors, io, statements};

/// What is in a database concerns nobody but the user who runs the process. Folders and files that are there already keep
/// the mode that somebody gave them.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Page cache of the connection that writes: the inner pages of every table and the hot ends of the logs.
const WRITER_CACHE_KIB: i64 = 14 * 1024;

/// Page cache of a connection that reads. It is emptied whenever something was written since, so a large one is of
/// no use while there is traffic.
const READER_CACHE_KIB: i64 = 2 * 1024;

/// After a checkpoint the log is cut to this, so that one busy hour does not keep the room for ever.
const LOG_KEPT_BYTES: i64 = 64 * 1024 * 1024;

/// The connection that writes; creates the file.
pub(super) fn writer(file: &Path) -> Result<Connection> {
    create_file(file)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    open(file, flags, |connection| {
        // Readers do not stop the writer nor it them, and a commit is one append and one sync.
        connection.pragma_update(None, "journal_mode", "wal")?;
        // Sync at every commit: without it the last commits are lost with the power.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        connection.pragma_update(None, "journal_size_limit", LOG_KEPT_BYTES)?;
        // The writer folds the log itself, after it has answered.
        connection.pragma_update(None, "wal_autocheckpoint", 0)
    })
}

/// The connection that folds the log aside from the writer.
pub(super) fn folder(file: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    open(file, flags, |connection| {
        // The main file is synced before the log may begin anew.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "wal_autocheckpoint", 0)
    })
}

/// A connection that only reads.
pub(super) fn reader(file: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    open(file, flags, |connection| {
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)
    })
}

fn open(
    file: &Path,
    flags: OpenFlags,
    set: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> Result<Connection> {
    let open = || {
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_handler(Some(busy::wait))?;
        set(&connection)?;
        // Sorts and temporary tables stay off the disk that may be full.
        connection.pragma_update(None, "temp_store", "memory")?;
        // Nothing in a schema may call what could do harm, should a file come from elsewhere.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // A plan does not depend on what is bound. Otherwise the planner looks at a bound LIMIT, and every run of a
        // paged query is compiled again: 40 µs instead of 4.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(statements::KEPT);
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| errors::of(error, false))
}

/// Makes an empty file, which is an empty database. SQLite itself would let everybody read it; what it puts beside the file
/// has the file's own mode.
fn create_file(file: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(file) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(io("the file of the database cannot be made", error))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Makes the folder and its name durable; SQLite does the same for the files in it.
pub(super) fn create_folder(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    let create = || {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder)?;
        // The names that lead to it: its own and those of parents that were made with it.
        for parent in folder.ancestors().skip(1) {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            File::open(parent)?.sync_all()?;
        }
        Ok(())
    };
    create().map_err(|error| io("the folder of the database cannot be made", error))
}
