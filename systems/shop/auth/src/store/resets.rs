//! The table of password resets.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::Tx;

use crate::model::{AccountId, MAX_RESETS};

/// Stores a reset, of nobody's password when there is no account, and forgets the oldest beyond [`MAX_RESETS`].
pub fn insert(
    tx: &Tx<'_>,
    token: &[u8; 32],
    account: Option<AccountId>,
    expires_at: Timestamp,
) -> Result<()> {
    tx.execute(
        "DELETE FROM password_resets WHERE token IN
             (SELECT token FROM password_resets WHERE account_id = ?1
              ORDER BY expires_at DESC LIMIT -1 OFFSET ?2)",
        &[account.as_ref().into(), (MAX_RESETS - 1).into()],
    )?;
    tx.execute(
        "INSERT INTO password_resets (token, account_id, expires_at) VALUES (?1, ?2, ?3)",
        &[token.into(), account.as_ref().into(), expires_at.into()],
    )?;
    Ok(())
}

/// Whose password a token sets anew, if it has not expired. It and all others of the account are used up with that.
pub fn take(tx: &Tx<'_>, token: &[u8; 32]) -> Result<Option<AccountId>> {
    let found = tx.query_one(
        "SELECT account_id FROM password_resets WHERE token = ?1 AND expires_at > ?2",
        &[token.into(), tx.now().into()],
        |row| row.get::<Option<AccountId>>(0),
    )?;
    let Some(Some(account)) = found else { return Ok(None) };
    forget(tx, account)?;
    Ok(Some(account))
}

/// Uses up every reset of an account.
pub fn forget(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    tx.execute("DELETE FROM password_resets WHERE account_id = ?1", &[(&account).into()])?;
    Ok(())
}

/// Forgets those that have expired, at most `limit`; how many it were.
pub fn prune(tx: &Tx<'_>, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM password_resets WHERE token IN
             (SELECT token FROM password_resets WHERE expires_at <= ?1 LIMIT ?2)",
        &[tx.now().into(), limit.into()],
    )
}
