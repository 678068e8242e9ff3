//! How an edge, in whatever process, finds out whom a credential stands for: it asks this service, and remembers the answer
//! for a moment.

use std::fmt;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Principal, Result, Scopes, codes as core_codes};
use mainstay_identity::{Fingerprint, Identified, Remembered, Sessions};
use mainstay_rpc::{Channel, Peer};
use shop_auth_contracts::{AuthClient, ResolveApiKeyRequest, ResolveSessionRequest, Role};

use crate::verification::Verification;

/// Credentials as the auth service keeps them.
pub struct PeerSessions {
    auth: Peer<AuthClient<Channel>>,
    remembered: Remembered,
    verification: Verification,
}

impl PeerSessions {
    pub fn new(auth: Peer<AuthClient<Channel>>, remembered: Remembered, clock: Clock) -> Self {
        Self { verification: Verification::new(auth.clone(), clock), remembered, auth }
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
        self.remembered.session(fingerprint, asked).await.map(|who| who.principal)
    }

    async fn resolve_api_key(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Identified> {
        let asked = async || {
            let request = ResolveApiKeyRequest { key_sha256: fingerprint.as_bytes().to_vec() };
            let answer = self.auth.client().resolve_api_key(mainstay_rpc::request(ctx, request)).await;
            let known = mainstay_rpc::answer(answer)?;
            let scopes = Some(Scopes::new(known.scopes.iter().map(String::as_str)));
            Ok(Identified { principal: principal(known.role(), &known.account_id)?, scopes })
        };
        self.remembered.api_key(fingerprint, asked).await
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

impl fmt::Debug for PeerSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerSessions").field("remembered", &self.remembered).finish_non_exhaustive()
    }
}
