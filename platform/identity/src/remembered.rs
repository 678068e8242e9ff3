//! Whom credentials stand for, as it was told lately: what the edge of a process remembers so as not to ask for every
//! request.
//!
//! It is one of a process, so that the keeper of credentials, where it runs in the same process, takes out what it ends. It
//! does so inside the transaction that ends it, and what was marked is never remembered again: an answer that was on its
//! way from before the commit neither, and a caller who hangs up in between changes nothing. Other processes believe what
//! they remember for [`Remembered::STALE_AT_MOST`].

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Monotonic, Result};
use quick_cache::sync::Cache;

use crate::authenticator::Identified;
use crate::session::Fingerprint;

/// What a process remembers of sessions and API keys. Clones are the same memory.
#[derive(Clone)]
pub struct Remembered(Arc<Parts>);

// Apart, since a session and a key of the same bytes have the same fingerprint and are good for different things.
struct Parts {
    sessions: Answers,
    api_keys: Answers,
    clock: Clock,
}

impl Remembered {
    /// How long a session or an API key may still be let in by another process after it was ended. Counted from before the
    /// question, so an answer that was on its way while the session ended is not remembered any longer.
    pub const STALE_AT_MOST: Duration = Duration::from_secs(5);

    /// Answers of each kind: people who are active within the same five seconds, at a hundred bytes each.
    const COUNT: usize = 10_000;

    pub fn new(clock: Clock) -> Self {
        let answers = || Answers { known: Cache::new(Self::COUNT), ended: Cache::new(Self::COUNT) };
        Self(Arc::new(Parts { sessions: answers(), api_keys: answers(), clock }))
    }

    /// Whom a session stands for; asks when it is not known.
    ///
    /// # Errors
    /// What asking raises.
    pub async fn session(
        &self,
        fingerprint: Fingerprint,
        ask: impl AsyncFnOnce() -> Result<Identified>,
    ) -> Result<Identified> {
        self.0.sessions.find(fingerprint, self.0.clock.monotonic(), ask).await
    }

    /// Whose an API key is; asks when it is not known.
    ///
    /// # Errors
    /// What asking raises.
    pub async fn api_key(
        &self,
        fingerprint: Fingerprint,
        ask: impl AsyncFnOnce() -> Result<Identified>,
    ) -> Result<Identified> {
        self.0.api_keys.find(fingerprint, self.0.clock.monotonic(), ask).await
    }

    /// This session is being ended: call it inside the transaction.
    pub fn session_ends(&self, fingerprint: Fingerprint) {
        self.0.sessions.end(fingerprint);
    }

    /// This API key is being ended: call it inside the transaction.
    pub fn api_key_ends(&self, fingerprint: Fingerprint) {
        self.0.api_keys.end(fingerprint);
    }
}

struct Answers {
    known: Cache<Fingerprint, (Identified, Monotonic)>,
    /// Nothing that was ended comes back, so a mark stays until there are many. One whose transaction was undone only
    /// costs that its credential is asked about each time.
    ended: Cache<Fingerprint, ()>,
}

impl Answers {
    async fn find(
        &self,
        fingerprint: Fingerprint,
        now: Monotonic,
        ask: impl AsyncFnOnce() -> Result<Identified>,
    ) -> Result<Identified> {
        if let Some((identified, until)) = self.known.get(&fingerprint)
            && until > now
        {
            return Ok(identified);
        }
        match ask().await {
            Ok(identified) => {
                self.known.insert(fingerprint, (identified.clone(), now + Remembered::STALE_AT_MOST));
                // Afterwards: who marks it later takes it out themselves.
                if self.ended.get(&fingerprint).is_some() {
                    self.known.remove(&fingerprint);
                }
                Ok(identified)
            }
            Err(error) => {
                self.known.remove(&fingerprint);
                Err(error)
            }
        }
    }

    fn end(&self, fingerprint: Fingerprint) {
        self.ended.insert(fingerprint, ());
        self.known.remove(&fingerprint);
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { sessions, api_keys, .. } = &*self.0;
        f.debug_struct("Remembered")
            .field("sessions", &sessions.known.len())
            .field("api_keys", &api_keys.known.len())
            .finish()
    }
}
