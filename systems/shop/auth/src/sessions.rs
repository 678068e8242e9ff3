//! How an edge, in whatever process, finds out whom a credential stands for: it asks this service, and remembers the answer
//! for a moment.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Monotonic, Principal, Result, Scopes, codes as core_codes};
use mainstay_identity::{Fingerprint, Identified, Sessions};
use mainstay_rpc::{Channel, Peer};
use quick_cache::sync::Cache;
use shop_auth_contracts::{AuthClient, ResolveApiKeyRequest, ResolveSessionRequest, Role};

use crate::verification::Verification;

/// Credentials as the auth service keeps them.
pub struct PeerSessions {
    auth: Peer<AuthClient<Channel>>,
    sessions: Remembered<Fingerprint>,
    keys: Remembered<Fingerprint>,
    verification: Verification,
}

impl PeerSessions {
    /// How long a session or an API key may still be let in after it was ended. Counted from before the question, so an answer that
    /// was on its way while the session ended is not remembered any longer.
    pub const STALE_AT_MOST: Duration = Duration::from_secs(5);

    /// Answers that are remembered: people who are active within the same five seconds, at a hundred bytes each.
    const REMEMBERED: usize = 10_000;

    pub fn new(auth: Peer<AuthClient<Channel>>, clock: Clock) -> Self {
        Self {
            verification: Verification::new(auth.clone(), clock.clone()),
            sessions: Remembered::new(Self::REMEMBERED, Self::STALE_AT_MOST, clock.clone()),
            keys: Remembered::new(Self::REMEMBERED, Self::STALE_AT_MOST, clock),
            auth,
        }
    }

    async fn ask(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Principal> {
        let request = ResolveSessionRequest { secret_sha256: fingerprint.as_bytes().to_vec() };
        let answer = self.auth.client().resolve_session(mainstay_rpc::request(ctx, request)).await;
        let session = mainstay_rpc::answer(answer)?;
        principal(session.role(), &session.account_id)
    }
}

#[async_trait]
impl Sessions for PeerSessions {
    async fn resolve(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Principal> {
        let asked = async || self.ask(ctx, fingerprint).await.map(Identified::from);
        self.sessions.find(fingerprint, asked).await.map(|who| who.principal)
    }

    async fn resolve_api_key(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Identified> {
        let asked = async || {
            let request = ResolveApiKeyRequest { key_sha256: fingerprint.as_bytes().to_vec() };
            let answer = self.auth.client().resolve_api_key(mainstay_rpc::request(ctx, request)).await;
            let known = mainstay_rpc::answer(answer)?;
            let scopes = Some(Scopes::new(known.scopes.iter().map(String::as_str)));
            Ok(Identified { principal: principal(known.role(), &known.account_id)?, scopes })
        };
        self.keys.find(fingerprint, asked).await
    }

    async fn resolve_access_token(&self, ctx: &Context, token: &str) -> Result<Identified> {
        self.verification.check(ctx, token).await
    }
}

/// Whom an account of this role stands for. A role that this release does not know may do less than any that it does.
pub(crate) fn principal(role: Role, account: &[u8]) -> Result<Principal> {
    let account = Id::try_from_slice(account)?;
    match role {
        Role::Customer => Ok(Principal::Customer(account)),
        Role::Staff => Ok(Principal::Staff(account)),
        Role::Unspecified => Err(core_codes::UNAUTHENTICATED.error("the account's role is not known here")),
    }
}

/// Answers that are believed for a moment.
pub(crate) struct Remembered<K> {
    known: Cache<K, (Identified, Monotonic)>,
    longest: Duration,
    clock: Clock,
}

impl<K: Eq + Hash + Copy> Remembered<K> {
    pub(crate) fn new(count: usize, longest: Duration, clock: Clock) -> Self {
        Self { known: Cache::new(count), longest, clock }
    }

    pub(crate) async fn find(
        &self,
        key: K,
        ask: impl AsyncFnOnce() -> Result<Identified>,
    ) -> Result<Identified> {
        let now = self.clock.monotonic();
        if let Some((identified, until)) = self.known.get(&key)
            && until > now
        {
            return Ok(identified);
        }
        match ask().await {
            Ok(identified) => {
                self.known.insert(key, (identified.clone(), now + self.longest));
                Ok(identified)
            }
            Err(error) => {
                self.known.remove(&key);
                Err(error)
            }
        }
    }
}

impl fmt::Debug for PeerSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerSessions").field("remembered", &self.sessions.known.len()).finish_non_exhaustive()
    }
}
