//! The registrations' table: accounts that wait for their mailbox.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Tx, View};

use crate::model::{Email, MAX_REGISTRATIONS, Registration};

/// Stores a registration, and forgets the oldest of the same address beyond [`MAX_REGISTRATIONS`].
pub fn insert(tx: &Tx<'_>, token: &[u8; 32], new: &Registration, expires_at: Timestamp) -> Result<()> {
    tx.execute(
        "DELETE FROM registrations WHERE token IN
             (SELECT token FROM registrations WHERE email = ?1 ORDER BY expires_at DESC LIMIT -1 OFFSET ?2)",
        &[new.email.as_str().into(), (MAX_REGISTRATIONS - 1).into()],
    )?;
    tx.execute(
        "INSERT INTO registrations (token, email, name, password, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[
            token.into(),
            new.email.as_str().into(),
            (&new.name).into(),
            (&new.password).into(),
            expires_at.into(),
        ],
    )?;
    Ok(())
}

/// The registration of a token, if it has not expired.
pub fn find(view: &View<'_>, token: &[u8; 32]) -> Result<Option<Registration>> {
    view.query_one(
        "SELECT email, name, password FROM registrations WHERE token = ?1 AND expires_at > ?2",
        &[token.into(), view.now().into()],
        |row| {
            Ok(Registration { email: Email::parse(row.text(0)?)?, name: row.get(1)?, password: row.get(2)? })
        },
    )
}

/// Forgets every registration of an address.
pub fn forget(tx: &Tx<'_>, email: &Email) -> Result<()> {
    tx.execute("DELETE FROM registrations WHERE email = ?1", &[email.as_str().into()])?;
    Ok(())
}

/// Forgets those that have expired, at most `limit`; how many it were.
pub fn prune(tx: &Tx<'_>, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM registrations WHERE token IN
             (SELECT token FROM registrations WHERE expires_at <= ?1 LIMIT ?2)",
        &[tx.now().into(), limit.into()],
    )
}
