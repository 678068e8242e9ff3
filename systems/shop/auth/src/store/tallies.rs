//! The table of failed guesses. Names are hashed: it is nobody's list of who tried to log in from where.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Tx, View};

use crate::model::throttle::{FORGOTTEN_AFTER, Tally};

/// The SHA-256 of whom or whence.
pub type Name = [u8; 32];

pub fn find(view: &View<'_>, name: &Name) -> Result<Tally> {
    let found = view.query_one(
        "SELECT failures, last_at, trusted_until FROM tallies WHERE name = ?1",
        &[name.into()],
        |row| Ok(Tally { failures: row.get(0)?, last_at: Some(row.get(1)?), trusted_until: row.get(2)? }),
    )?;
    Ok(found.unwrap_or_default())
}

/// Sets the failures that count, the last of them now.
pub fn set(tx: &Tx<'_>, name: &Name, failures: u32, trusted_until: Option<Timestamp>) -> Result<()> {
    tx.execute(
        "INSERT INTO tallies (name, failures, last_at, trusted_until) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET failures = ?2, last_at = ?3,
             trusted_until = coalesce(?4, trusted_until)",
        &[name.into(), failures.into(), tx.now().into(), trusted_until.into()],
    )?;
    Ok(())
}

/// Takes one failure back, that of a guess that was right.
pub fn take_back(tx: &Tx<'_>, name: &Name) -> Result<()> {
    tx.execute("UPDATE tallies SET failures = max(failures - 1, 0) WHERE name = ?1", &[name.into()])?;
    Ok(())
}

/// Forgets what counts no more, at most `limit`; how many it were.
pub fn prune(tx: &Tx<'_>, limit: u32) -> Result<u64> {
    let now = tx.now();
    tx.execute(
        "DELETE FROM tallies WHERE name IN
             (SELECT name FROM tallies WHERE last_at <= ?1 AND coalesce(trusted_until, 0) <= ?2 LIMIT ?3)",
        &[(now - FORGOTTEN_AFTER).into(), now.into(), limit.into()],
    )
}
