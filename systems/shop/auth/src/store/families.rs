//! The tables of token families: programs that logged in, and the refresh tokens of each.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Tx, View};

use super::accounts;
use crate::model::{AccountId, MAX_SESSIONS, Resolved, SessionId};

/// A refresh token as it is stored.
pub struct Stored {
    pub family: Resolved,
    pub previous: Option<Vec<u8>>,
    pub used_at: Option<Timestamp>,
    pub repeated: bool,
}

/// Begins a family with its first token, and ends the account's oldest ones beyond [`MAX_SESSIONS`].
pub fn begin(
    tx: &Tx<'_>,
    family: SessionId,
    account: AccountId,
    first: &[u8; 32],
    expires_at: Timestamp,
) -> Result<()> {
    let surplus = tx.query(
        "SELECT id FROM token_families WHERE account_id = ?1 ORDER BY created_at DESC LIMIT -1 OFFSET ?2",
        &[(&account).into(), (MAX_SESSIONS - 1).into()],
        |row| row.get::<SessionId>(0),
    )?;
    for oldest in surplus {
        end(tx, oldest, account)?;
    }
    tx.execute(
        "INSERT INTO token_families (id, account_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
        &[(&family).into(), (&account).into(), tx.now().into(), expires_at.into()],
    )?;
    insert_token(tx, family, first, None)
}

/// Adds the token that `previous` bought.
pub fn insert_token(
    tx: &Tx<'_>,
    family: SessionId,
    fingerprint: &[u8; 32],
    previous: Option<&[u8; 32]>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO refresh_tokens (fingerprint, family_id, previous) VALUES (?1, ?2, ?3)",
        &[fingerprint.into(), (&family).into(), previous.into()],
    )?;
    Ok(())
}

/// A token of a family that has not expired.
pub fn find(view: &View<'_>, fingerprint: &[u8]) -> Result<Option<Stored>> {
    view.query_one(
        "SELECT family_id, token_families.account_id, role, previous, used_at, repeated
         FROM refresh_tokens JOIN token_families ON token_families.id = family_id
         JOIN accounts ON accounts.id = token_families.account_id
         WHERE fingerprint = ?1 AND expires_at > ?2",
        &[fingerprint.into(), view.now().into()],
        |row| {
            let family = Resolved {
                session_id: row.get(0)?,
                account_id: row.get(1)?,
                role: accounts::role(row.text(2)?)?,
            };
            Ok(Stored { family, previous: row.get(3)?, used_at: row.get(4)?, repeated: row.get(5)? })
        },
    )
}

/// Whether a family of this account is there and has not expired.
pub fn stands(view: &View<'_>, family: SessionId, account: AccountId) -> Result<bool> {
    let found = view.query_one(
        "SELECT 1 FROM token_families WHERE id = ?1 AND account_id = ?2 AND expires_at > ?3",
        &[(&family).into(), (&account).into(), view.now().into()],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

pub fn mark_used(tx: &Tx<'_>, fingerprint: &[u8; 32]) -> Result<()> {
    tx.execute(
        "UPDATE refresh_tokens SET used_at = ?2 WHERE fingerprint = ?1",
        &[fingerprint.into(), tx.now().into()],
    )?;
    Ok(())
}

pub fn mark_repeated(tx: &Tx<'_>, fingerprint: &[u8; 32]) -> Result<()> {
    tx.execute("UPDATE refresh_tokens SET repeated = 1 WHERE fingerprint = ?1", &[fingerprint.into()])?;
    Ok(())
}

/// Ends a family of this account. `false` when there is none of this id.
pub fn end(tx: &Tx<'_>, family: SessionId, account: AccountId) -> Result<bool> {
    tx.execute(
        "DELETE FROM refresh_tokens WHERE family_id IN
             (SELECT id FROM token_families WHERE id = ?1 AND account_id = ?2)",
        &[(&family).into(), (&account).into()],
    )?;
    let rows = tx.execute(
        "DELETE FROM token_families WHERE id = ?1 AND account_id = ?2",
        &[(&family).into(), (&account).into()],
    )?;
    Ok(rows == 1)
}

/// Ends every family of an account.
pub fn end_all(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    tx.execute(
        "DELETE FROM refresh_tokens WHERE family_id IN (SELECT id FROM token_families WHERE account_id = ?1)",
        &[(&account).into()],
    )?;
    tx.execute("DELETE FROM token_families WHERE account_id = ?1", &[(&account).into()])?;
    Ok(())
}

/// Forgets tokens that were used before `used_before`, at most `limit`; how many it were.
pub fn prune_used(tx: &Tx<'_>, used_before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM refresh_tokens WHERE fingerprint IN
             (SELECT fingerprint FROM refresh_tokens WHERE used_at <= ?1 LIMIT ?2)",
        &[used_before.into(), limit.into()],
    )
}

/// Forgets families that have expired, at most `limit`; how many it were.
pub fn prune(tx: &Tx<'_>, limit: u32) -> Result<u64> {
    let expired = tx.query(
        "SELECT id, account_id FROM token_families WHERE expires_at <= ?1 LIMIT ?2",
        &[tx.now().into(), limit.into()],
        |row| Ok((row.get::<SessionId>(0)?, row.get::<AccountId>(1)?)),
    )?;
    for (family, account) in &expired {
        end(tx, *family, *account)?;
    }
    Ok(expired.len() as u64)
}
