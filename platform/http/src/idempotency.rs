//! Idempotency keys: the same request under the same key has one effect and one answer.
//!
//! The key is claimed in the transaction of the effect, so there is no moment in which one exists without the other.
//! It is scoped to the caller and the route, kept with a hash of the request, and forgotten after [`KEPT_FOR`].
//!
//! ```text
//! db.write(&ctx, move |tx| match idempotency::begin(tx, &claim, run.as_bytes())? {
//!     Begun::New => start the work,
//!     Begun::Running { reference } => wait for the work that `reference` names, or refuse with RUNNING,
//!     Begun::Finished { answer, .. } => repeat the answer,
//!     Begun::Mismatch => refuse with MISMATCH,
//! })
//! ```

use std::time::Duration;

use mainstay_core::{Error, Principal, Result};
use mainstay_sql::{Aged, Migration, MigrationSet, Tx, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codes::{IDEMPOTENCY_MISMATCH, IDEMPOTENCY_RUNNING};
use crate::extract::IdempotencyKey;

/// How long a key is remembered: longer than any caller's retries, and a day is what others promise.
pub const KEPT_FOR: Duration = Duration::from_secs(24 * 3_600);

/// When a caller that finds its request still running may ask again.
const RUNNING_RETRY: Duration = Duration::from_secs(1);

/// The table of keys, in the database of the service that claims them.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "idempotency",
    migrations: &[Migration {
        version: 1,
        name: "keys",
        up: "CREATE TABLE idempotency_keys (
                scope TEXT NOT NULL,
                key TEXT NOT NULL,
                request_hash BLOB NOT NULL,
                reference BLOB NOT NULL,
                status INTEGER,
                body BLOB,
                expires_at INTEGER NOT NULL,
                PRIMARY KEY (scope, key)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);",
        down: "DROP TABLE idempotency_keys;",
    }],
};

/// Which key of whom, for which route. Small enough to travel in a saga's state until the answer is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    scope: String,
    key: IdempotencyKey,
}

impl Slot {
    pub fn new(principal: &Principal, route: &'static str, key: IdempotencyKey) -> Self {
        Self { scope: format!("{principal} {route}"), key }
    }
}

/// The SHA-256 of what a request means: equal for bodies that differ in white space or the order of fields only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHash([u8; 32]);

impl RequestHash {
    /// Of the parsed body, which is canonical: its fields are in the order of the type.
    pub fn of(body: &impl Serialize) -> Result<Self> {
        let canonical = serde_json::to_vec(body)
            .map_err(|error| mainstay_core::codes::INTERNAL.because("the request cannot be hashed", error))?;
        Ok(Self(Sha256::digest(&canonical).into()))
    }
}

/// A finished request's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What a claim met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The first of its key: do the work.
    New,
    /// The work was begun under this reference and has no answer yet.
    Running { reference: Vec<u8> },
    /// The work is done and this was its answer.
    Finished { reference: Vec<u8>, answer: Answer },
    /// The key was used for another request.
    Mismatch,
}

impl Begun {
    /// The refusal of a repeat whose first request still runs.
    pub fn running() -> Error {
        IDEMPOTENCY_RUNNING.error("the first request with this key still runs").retry_after(RUNNING_RETRY)
    }

    /// The refusal of a key that was used for another request.
    pub fn mismatch() -> Error {
        IDEMPOTENCY_MISMATCH.error("this Idempotency-Key was used for a request with another body")
    }
}

struct Known {
    hash: Vec<u8>,
    reference: Vec<u8>,
    status: Option<u16>,
    body: Option<Vec<u8>>,
}

/// Claims the slot for a request, unless it is taken. `reference` is what a repeat needs to find the work, such as the
/// id of a run.
pub fn begin(tx: &Tx<'_>, slot: &Slot, request: RequestHash, reference: &[u8]) -> Result<Begun> {
    // An expired key is as good as none, whether or not the sweep was there.
    let known = tx.query_one(
        "SELECT request_hash, reference, status, body FROM idempotency_keys
         WHERE scope = ?1 AND key = ?2 AND expires_at > ?3",
        &[(&slot.scope).into(), slot.key.as_str().into(), tx.now().into()],
        |row| Ok(Known { hash: row.get(0)?, reference: row.get(1)?, status: row.get(2)?, body: row.get(3)? }),
    )?;
    let Some(known) = known else {
        tx.execute(
            "INSERT INTO idempotency_keys (scope, key, request_hash, reference, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash,
                reference = excluded.reference, status = NULL, body = NULL, expires_at = excluded.expires_at",
            &[
                (&slot.scope).into(),
                slot.key.as_str().into(),
                (&request.0).into(),
                reference.into(),
                (tx.now() + KEPT_FOR).into(),
            ],
        )?;
        return Ok(Begun::New);
    };
    Ok(match (known.hash == request.0, known.status) {
        (false, _) => Begun::Mismatch,
        (true, None) => Begun::Running { reference: known.reference },
        (true, Some(status)) => Begun::Finished {
            reference: known.reference,
            answer: Answer { status, body: known.body.unwrap_or_default() },
        },
    })
}

/// Stores the answer, which repeats get from now on. Of an answer that is stored already nothing changes, and a slot
/// that has expired stays so.
pub fn finish(tx: &Tx<'_>, slot: &Slot, answer: &Answer) -> Result<()> {
    tx.execute(
        "UPDATE idempotency_keys SET status = ?3, body = ?4 WHERE scope = ?1 AND key = ?2 AND status IS NULL",
        &[(&slot.scope).into(), slot.key.as_str().into(), answer.status.into(), (&answer.body).into()],
    )?;
    Ok(())
}

/// Gives the slot back, because nothing was done and the same request may succeed later.
pub fn abandon(tx: &Tx<'_>, slot: &Slot) -> Result<()> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE scope = ?1 AND key = ?2 AND status IS NULL",
        &[(&slot.scope).into(), slot.key.as_str().into()],
    )?;
    Ok(())
}

/// The keys that are remembered, and how many have had their time.
pub fn aged(view: &View<'_>) -> Result<Aged> {
    view.aged("SELECT count(*), NULL, sum(expires_at <= ?1) FROM idempotency_keys", &[view.now().into()])
}

/// Forgets at most `rows_max` expired keys; how many it were.
pub fn prune(tx: &Tx<'_>, rows_max: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE (scope, key) IN
            (SELECT scope, key FROM idempotency_keys WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        &[tx.now().into(), rows_max.into()],
    )
}
