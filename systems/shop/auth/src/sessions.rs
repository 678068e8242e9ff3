//! How an edge, in whatever process, finds out who a session belongs to: it asks this service, and remembers the
//! answer for a moment.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Monotonic, Principal, Result, codes as core_codes};
use mainstay_identity::{Fingerprint, Sessions};
use mainstay_rpc::{Channel, Peer};
use quick_cache::sync::Cache;
use shop_auth_contracts::{AuthClient, ResolveSessionRequest, Role};

/// Sessions as the auth service keeps them.
pub struct PeerSessions {
    auth: Peer<AuthClient<Channel>>,
    known: Cache<Fingerprint, Known>,
    clock: Clock,
}

#[derive(Clone)]
struct Known {
    principal: Principal,
    until: Monotonic,
}

impl PeerSessions {
    /// How long a session may still be let in after it was ended. Counted from before the question, so an answer that
    /// was on its way while the session ended is not remembered any longer.
    pub const STALE_AT_MOST: Duration = Duration::from_secs(5);

    /// Answers that are remembered: people who are active within the same five seconds, at a hundred bytes each.
    const REMEMBERED: usize = 10_000;

    pub fn new(auth: Peer<AuthClient<Channel>>, clock: Clock) -> Self {
        Self { auth, known: Cache::new(Self::REMEMBERED), clock }
    }

    async fn ask(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Principal> {
        let request = ResolveSessionRequest { secret_sha256: fingerprint.as_bytes().to_vec() };
        let answer = self.auth.client().resolve_session(mainstay_rpc::request(ctx, request)).await;
        let session = mainstay_rpc::answer(answer)?;
        let account = Id::try_from_slice(&session.account_id)?;
        match session.role() {
            Role::Customer => Ok(Principal::Customer(account)),
            Role::Staff => Ok(Principal::Staff(account)),
            // A role that this release does not know may do less than any that it does.
            Role::Unspecified => {
                Err(core_codes::UNAUTHENTICATED.error("the session's role is not known here"))
            }
        }
    }
}

#[async_trait]
impl Sessions for PeerSessions {
    async fn resolve(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Principal> {
        let now = self.clock.monotonic();
        if let Some(known) = self.known.get(&fingerprint)
            && known.until > now
        {
            return Ok(known.principal);
        }
        match self.ask(ctx, fingerprint).await {
            Ok(principal) => {
                let known = Known { principal: principal.clone(), until: now + Self::STALE_AT_MOST };
                self.known.insert(fingerprint, known);
                Ok(principal)
            }
            Err(error) => {
                self.known.remove(&fingerprint);
                Err(error)
            }
        }
    }
}

impl fmt::Debug for PeerSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerSessions").field("remembered", &self.known.len()).finish_non_exhaustive()
    }
}
