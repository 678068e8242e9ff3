//! The keys that sign access tokens: made, replaced and forgotten without a restart.
//!
//! A new key is shown to everybody [`SHOWN_BEFORE`] it signs, so that whoever keeps the key set has it by then; an old one
//! is shown until the last token that it signed has expired. A process looks at the table again every
//! [`LOOKED_AT_EVERY`], so a change by another process, or by an operator, is seen within that.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Monotonic, Result, Timestamp, codes};
use mainstay_identity::access_token::{CLOCK_SKEW, LIFETIME};
use mainstay_identity::{SigningKey, VerifyingKey};
use mainstay_secrets::{Keys, Secret};
use mainstay_sql::{Database, Tx};
use parking_lot::Mutex;

use crate::store::signing_keys::{self, StoredKey};

/// How long others may keep the key set: what its cache header says.
pub const KEPT_FOR: Duration = Duration::from_secs(300);

/// How long before it signs a key is shown: twice what others may keep the set for.
pub const SHOWN_BEFORE: Duration = Duration::from_secs(600);

/// How long a process believes what it read.
pub const LOOKED_AT_EVERY: Duration = Duration::from_secs(30);

/// The keys of one service.
pub struct SigningKeys {
    db: Database,
    seal: Keys,
    clock: Clock,
    read: Mutex<Option<Read>>,
}

#[derive(Clone)]
struct Read {
    at: Monotonic,
    keys: Arc<Vec<Usable>>,
}

/// A key that was opened.
pub struct Usable {
    key: SigningKey,
    signs_from: Timestamp,
}

/// How a key is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// In good order: the new one signs when everybody knows it, and what the old one signed holds to its end.
    InGoodOrder,
    /// The old ones may be in somebody's hands: the new one signs at once, and nothing that an old one signed holds.
    AtOnce,
}

impl SigningKeys {
    pub fn new(db: Database, service: impl Into<Keys>, clock: Clock) -> Self {
        Self { db, seal: service.into().derive("signing-keys/1"), clock, read: Mutex::default() }
    }

    /// Uses the key that signs now; the first one is made by the first who asks.
    pub async fn sign_with<T>(
        &self,
        ctx: &Context,
        sign: impl FnOnce(&SigningKey) -> Result<T>,
    ) -> Result<T> {
        let keys = self.keys(ctx).await?;
        let now = self.clock.now();
        // The list begins with the one that signs last; a clock that stepped back may find none that signs yet.
        let signing = keys.iter().find(|key| key.signs_from <= now).or_else(|| keys.last());
        let signing = signing.ok_or_else(|| codes::INTERNAL.error("there is no key to sign with"))?;
        sign(&signing.key)
    }

    /// The public halves of all keys that are shown.
    pub async fn public(&self, ctx: &Context) -> Result<Vec<VerifyingKey>> {
        Ok(self.keys(ctx).await?.iter().map(|key| key.key.public().clone()).collect())
    }

    /// Replaces the key when it has signed for as long as it may; whether it was.
    pub async fn replace_when_old(&self, ctx: &Context, life: Duration) -> Result<bool> {
        let keys = self.keys(ctx).await?;
        let newest = keys.first().map(|key| key.signs_from);
        let is_old = newest.is_some_and(|from| self.clock.now().since(from) > life);
        if is_old {
            self.replace(ctx, Replace::InGoodOrder).await?;
        }
        Ok(is_old)
    }

    /// Makes a new key.
    pub async fn replace(&self, ctx: &Context, how: Replace) -> Result<()> {
        let made = self.make()?;
        let wait = match how {
            Replace::InGoodOrder => SHOWN_BEFORE,
            Replace::AtOnce => Duration::ZERO,
        };
        self.db.write(ctx, move |tx| replace_in(tx, &made, wait, how)).await?;
        *self.read.lock() = None;
        Ok(())
    }

    /// Seals the keys with the root key in use, where they were sealed under an older one; how many it were.
    ///
    /// # Errors
    /// `secrets.seal_broken` when one was sealed under none of the keys.
    pub async fn seal_anew(&self, ctx: &Context) -> Result<usize> {
        let seal = self.seal.clone();
        self.db
            .write(ctx, move |tx| {
                let mut count = 0;
                for stored in signing_keys::list(tx)? {
                    if let Some(sealed) = seal.seal_anew(&place(&stored.id), &stored.sealed)? {
                        signing_keys::update_sealed(tx, &stored.id, &sealed)?;
                        count += 1;
                    }
                }
                Ok(count)
            })
            .await
    }

    async fn keys(&self, ctx: &Context) -> Result<Arc<Vec<Usable>>> {
        let now = self.clock.monotonic();
        let read = self.read.lock().clone();
        if let Some(read) = read
            && now.since(read.at) < LOOKED_AT_EVERY
        {
            return Ok(read.keys);
        }
        let mut stored = self.db.read(ctx, signing_keys::list).await?;
        if stored.is_empty() {
            let made = self.make()?;
            stored = self.db.write(ctx, move |tx| first_in(tx, &made)).await?;
        }
        let keys = Arc::new(stored.iter().map(|key| self.open(key)).collect::<Result<Vec<_>>>()?);
        *self.read.lock() = Some(Read { at: now, keys: Arc::clone(&keys) });
        Ok(keys)
    }

    fn make(&self) -> Result<StoredKey> {
        let (key, seed) = SigningKey::generate()?;
        let id = key.public().id().to_owned();
        let sealed = self.seal.seal(&place(&id), seed.expose())?;
        let now = self.clock.now();
        let public = key.public().as_bytes().to_vec();
        Ok(StoredKey { id, public, sealed, created_at: now, signs_from: now })
    }

    fn open(&self, stored: &StoredKey) -> Result<Usable> {
        let lost = || codes::DATA_LOSS.error("a signing key is not what it is called");
        let seed = self.seal.open(&place(&stored.id), &stored.sealed)?;
        let seed = Secret::new(<[u8; 32]>::try_from(seed.expose().as_slice()).map_err(|_| lost())?);
        let key = SigningKey::from_seed(&seed)?;
        if key.public().id() != stored.id {
            return Err(lost());
        }
        Ok(Usable { key, signs_from: stored.signs_from })
    }
}

fn replace_in(tx: &Tx<'_>, made: &StoredKey, wait: Duration, how: Replace) -> Result<()> {
    let signs_from = tx.now() + wait;
    signing_keys::insert(tx, &StoredKey { signs_from, ..made.clone() })?;
    let gone_at = match how {
        Replace::InGoodOrder => signs_from + LIFETIME + CLOCK_SKEW + LOOKED_AT_EVERY,
        Replace::AtOnce => tx.now(),
    };
    signing_keys::retire_others(tx, &made.id, gone_at)
}

/// Makes the first key unless somebody was faster.
fn first_in(tx: &Tx<'_>, made: &StoredKey) -> Result<Vec<StoredKey>> {
    if signing_keys::list(tx)?.is_empty() {
        signing_keys::insert(tx, made)?;
    }
    signing_keys::list(tx)
}

fn place(id: &str) -> String {
    format!("signing-key/{id}")
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}
