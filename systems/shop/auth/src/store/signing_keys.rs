//! The table of keys that sign access tokens.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Tx, View};

/// A key as it is stored.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub id: String,
    pub public: Vec<u8>,
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub signs_from: Timestamp,
}

/// Those that are shown, the one that signs last first. There are never more than a few.
pub fn list(view: &View<'_>) -> Result<Vec<StoredKey>> {
    view.query(
        "SELECT kid, public, sealed, created_at, signs_from FROM signing_keys
         WHERE coalesce(gone_at, ?1 + 1) > ?1 ORDER BY signs_from DESC, kid",
        &[view.now().into()],
        |row| {
            Ok(StoredKey {
                id: row.get(0)?,
                public: row.get(1)?,
                sealed: row.get(2)?,
                created_at: row.get(3)?,
                signs_from: row.get(4)?,
            })
        },
    )
}

pub fn insert(tx: &Tx<'_>, key: &StoredKey) -> Result<()> {
    tx.execute(
        "INSERT INTO signing_keys (kid, public, sealed, created_at, signs_from) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[
            (&key.id).into(),
            (&key.public).into(),
            (&key.sealed).into(),
            key.created_at.into(),
            key.signs_from.into(),
        ],
    )?;
    Ok(())
}

/// Puts the same key, sealed anew, in its place.
pub fn update_sealed(tx: &Tx<'_>, id: &str, sealed: &[u8]) -> Result<()> {
    tx.execute("UPDATE signing_keys SET sealed = ?2 WHERE kid = ?1", &[id.into(), sealed.into()]).map(drop)
}

/// Lets every key but this one be shown until `gone_at` and no longer.
pub fn retire_others(tx: &Tx<'_>, id: &str, gone_at: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE signing_keys SET gone_at = min(coalesce(gone_at, ?2), ?2) WHERE kid <> ?1",
        &[id.into(), gone_at.into()],
    )?;
    Ok(())
}

/// Deletes those that are shown no more; how many it were.
pub fn prune(tx: &Tx<'_>) -> Result<u64> {
    tx.execute("DELETE FROM signing_keys WHERE gone_at <= ?1", &[tx.now().into()])
}
