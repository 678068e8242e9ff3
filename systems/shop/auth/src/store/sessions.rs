//! The sessions' table.

use mainstay_core::{Result, Timestamp, codes};
use mainstay_identity::Fingerprint;
use mainstay_sql::{Row, Tx, View};

use super::accounts;
use crate::model::{AccountId, Login, LoginKind, MAX_SESSIONS, Resolved, SessionId};

/// Stores a new session, and ends the account's oldest ones beyond [`MAX_SESSIONS`], which are told.
pub fn insert(
    tx: &Tx<'_>,
    id: SessionId,
    fingerprint: &[u8; 32],
    account: AccountId,
    expires_at: Timestamp,
) -> Result<Vec<Fingerprint>> {
    let ended = tx.query(
        "DELETE FROM sessions WHERE fingerprint IN
             (SELECT fingerprint FROM sessions WHERE account_id = ?1
              ORDER BY created_at DESC LIMIT -1 OFFSET ?2)
         RETURNING fingerprint",
        &[(&account).into(), (MAX_SESSIONS - 1).into()],
        stored,
    )?;
    tx.execute(
        "INSERT INTO sessions (fingerprint, id, account_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[fingerprint.into(), (&id).into(), (&account).into(), tx.now().into(), expires_at.into()],
    )?;
    Ok(ended)
}

/// Who a session stands for, if it has not expired.
pub fn resolve(view: &View<'_>, fingerprint: &[u8]) -> Result<Option<Resolved>> {
    view.query_one(
        "SELECT sessions.id, account_id, role FROM sessions JOIN accounts ON accounts.id = account_id
         WHERE fingerprint = ?1 AND expires_at > ?2",
        &[fingerprint.into(), view.now().into()],
        |row| {
            Ok(Resolved {
                session_id: row.get(0)?,
                account_id: row.get(1)?,
                role: accounts::role(row.text(2)?)?,
            })
        },
    )
}

/// An account's sessions and its programs' logins, the newest first. There are never more than [`MAX_SESSIONS`] of each.
pub fn list(view: &View<'_>, account: AccountId, current: &[u8]) -> Result<Vec<Login>> {
    view.query(
        "SELECT id, 1, created_at, expires_at, fingerprint = ?3 FROM sessions
             WHERE account_id = ?1 AND expires_at > ?2
         UNION ALL
         SELECT id, 0, created_at, expires_at, 0 FROM token_families
             WHERE account_id = ?1 AND expires_at > ?2
         ORDER BY created_at DESC, id",
        &[(&account).into(), view.now().into(), current.into()],
        |row| {
            let kind = if row.get(1)? { LoginKind::Session } else { LoginKind::Tokens };
            Ok(Login {
                id: row.get(0)?,
                kind,
                created_at: row.get(2)?,
                expires_at: row.get(3)?,
                current: row.get(4)?,
            })
        },
    )
}

/// Ends a session of this account by its id. `None` when there is none.
pub fn end_by_id(tx: &Tx<'_>, id: SessionId, account: AccountId) -> Result<Option<Fingerprint>> {
    tx.query_one(
        "DELETE FROM sessions WHERE account_id = ?1 AND id = ?2 RETURNING fingerprint",
        &[(&account).into(), (&id).into()],
        stored,
    )
}

/// Ends the session of this secret, whoever's it is: who shows the secret may.
pub fn end_whoever(tx: &Tx<'_>, fingerprint: &[u8]) -> Result<()> {
    tx.execute("DELETE FROM sessions WHERE fingerprint = ?1", &[fingerprint.into()])?;
    Ok(())
}

/// Ends every session of an account, and tells which they were.
pub fn end_all(tx: &Tx<'_>, account: AccountId) -> Result<Vec<Fingerprint>> {
    tx.query("DELETE FROM sessions WHERE account_id = ?1 RETURNING fingerprint", &[(&account).into()], stored)
}

/// Ends a session of this account; nothing if there is none.
pub fn end(tx: &Tx<'_>, fingerprint: &[u8], account: AccountId) -> Result<()> {
    tx.execute(
        "DELETE FROM sessions WHERE fingerprint = ?1 AND account_id = ?2",
        &[fingerprint.into(), (&account).into()],
    )?;
    Ok(())
}

/// Forgets sessions that have expired, at most `limit`; how many it were.
pub fn prune(tx: &Tx<'_>, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM sessions WHERE fingerprint IN
             (SELECT fingerprint FROM sessions WHERE expires_at <= ?1 LIMIT ?2)",
        &[tx.now().into(), limit.into()],
    )
}

/// The fingerprint that a row begins with.
pub(super) fn stored(row: &Row<'_>) -> Result<Fingerprint> {
    let lost = || codes::DATA_LOSS.error("what is stored is no fingerprint");
    Fingerprint::try_from_slice(&row.get::<Vec<u8>>(0)?).ok_or_else(lost)
}
