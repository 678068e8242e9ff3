//! The API keys' table. Every query but the one by fingerprint names the account, so that nobody reaches another's keys.

use mainstay_core::{Result, Scopes, Timestamp};
use mainstay_identity::Fingerprint;
use mainstay_sql::{Row, Tx, View};

use super::{accounts, sessions};
use crate::model::api_key::{Known, StoredKey};
use crate::model::{AccountId, ApiKeyId};

const COLUMNS: &str = "id, name, hint, scopes, created_at, expires_at, last_used_day";

pub fn insert(tx: &Tx<'_>, account: AccountId, key: &StoredKey, fingerprint: &[u8; 32]) -> Result<()> {
    let scopes = key.scopes.iter().collect::<Vec<_>>().join(" ");
    tx.execute(
        "INSERT INTO api_keys (id, fingerprint, account_id, name, hint, scopes, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        &[
            (&key.id).into(),
            fingerprint.into(),
            (&account).into(),
            (&key.name).into(),
            (&key.hint).into(),
            (&scopes).into(),
            key.created_at.into(),
            key.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// An account's keys that still hold, the oldest first. There are never more than an account may have.
pub fn list(view: &View<'_>, account: AccountId) -> Result<Vec<StoredKey>> {
    view.query(
        &format!(
            "SELECT {COLUMNS} FROM api_keys WHERE account_id = ?1 AND coalesce(expires_at, ?2 + 1) > ?2
             ORDER BY created_at, id"
        ),
        &[(&account).into(), view.now().into()],
        stored,
    )
}

pub fn find(view: &View<'_>, account: AccountId, id: ApiKeyId) -> Result<Option<StoredKey>> {
    view.query_one(
        &format!(
            "SELECT {COLUMNS} FROM api_keys
             WHERE account_id = ?1 AND id = ?2 AND coalesce(expires_at, ?3 + 1) > ?3"
        ),
        &[(&account).into(), (&id).into(), view.now().into()],
        stored,
    )
}

/// Whose key it is and what for, if it still holds.
pub fn resolve(view: &View<'_>, fingerprint: &[u8]) -> Result<Option<Known>> {
    view.query_one(
        "SELECT api_keys.id, account_id, role, scopes, last_used_day
         FROM api_keys JOIN accounts ON accounts.id = account_id
         WHERE fingerprint = ?1 AND coalesce(expires_at, ?2 + 1) > ?2",
        &[fingerprint.into(), view.now().into()],
        |row| {
            Ok(Known {
                id: row.get(0)?,
                account: row.get(1)?,
                role: accounts::role(row.text(2)?)?,
                scopes: Scopes::new(row.text(3)?.split_whitespace()),
                last_used_day: row.get(4)?,
            })
        },
    )
}

/// Lets a key hold until `until` and no longer, where it would have held longer.
pub fn end_at(tx: &Tx<'_>, account: AccountId, id: ApiKeyId, until: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE api_keys SET expires_at = min(coalesce(expires_at, ?3), ?3) WHERE account_id = ?1 AND id = ?2",
        &[(&account).into(), (&id).into(), until.into()],
    )?;
    Ok(())
}

/// Deletes a key. `None` when the account has none of this id.
pub fn delete(tx: &Tx<'_>, account: AccountId, id: ApiKeyId) -> Result<Option<Fingerprint>> {
    tx.query_one(
        "DELETE FROM api_keys WHERE account_id = ?1 AND id = ?2 RETURNING fingerprint",
        &[(&account).into(), (&id).into()],
        sessions::stored,
    )
}

/// Deletes every key of an account, and tells which they were.
pub fn delete_all(tx: &Tx<'_>, account: AccountId) -> Result<Vec<(Fingerprint, ApiKeyId)>> {
    tx.query(
        "DELETE FROM api_keys WHERE account_id = ?1 RETURNING fingerprint, id",
        &[(&account).into()],
        |row| Ok((sessions::stored(row)?, row.get(1)?)),
    )
}

pub fn set_last_used(tx: &Tx<'_>, id: ApiKeyId, day: i64) -> Result<()> {
    tx.execute("UPDATE api_keys SET last_used_day = ?2 WHERE id = ?1", &[(&id).into(), day.into()])?;
    Ok(())
}

/// Forgets those that have expired, at most `limit`; how many it were.
pub fn prune(tx: &Tx<'_>, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE expires_at <= ?1 LIMIT ?2)",
        &[tx.now().into(), limit.into()],
    )
}

fn stored(row: &Row<'_>) -> Result<StoredKey> {
    Ok(StoredKey {
        id: row.get(0)?,
        name: row.get(1)?,
        hint: row.get(2)?,
        scopes: Scopes::new(row.text(3)?.split_whitespace()),
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_day: row.get(6)?,
    })
}
