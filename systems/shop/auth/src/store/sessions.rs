//! The sessions' table.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Tx, View};

use super::accounts;
use crate::model::{AccountId, MAX_SESSIONS, Resolved, SessionId};

/// Stores a new session, and ends the account's oldest ones beyond [`MAX_SESSIONS`].
pub fn insert(
    tx: &Tx<'_>,
    id: SessionId,
    fingerprint: &[u8; 32],
    account: AccountId,
    expires_at: Timestamp,
) -> Result<()> {
    tx.execute(
        "DELETE FROM sessions WHERE fingerprint IN
             (SELECT fingerprint FROM sessions WHERE account_id = ?1
              ORDER BY created_at DESC LIMIT -1 OFFSET ?2)",
        &[(&account).into(), (MAX_SESSIONS - 1).into()],
    )?;
    tx.execute(
        "INSERT INTO sessions (fingerprint, id, account_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[fingerprint.into(), (&id).into(), (&account).into(), tx.now().into(), expires_at.into()],
    )?;
    Ok(())
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
