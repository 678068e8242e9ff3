//! From a credential to a principal: the one place where a person becomes one.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Principal, Result, Scopes, Session};

use crate::codes::CREDENTIAL_REFUSED;
use crate::session::{AnonymousSessions, Credential, Fingerprint};

/// The port: where the credentials of people who have an account are kept.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Who the session with this fingerprint belongs to: a customer or staff.
    ///
    /// # Errors
    /// `identity.credential_refused` or a code of the keeper's own when it is over or was never there.
    async fn resolve(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Principal>;

    /// Whose API key has this fingerprint, and what the key is for.
    ///
    /// # Errors
    /// The same. A keeper without API keys refuses them all.
    async fn resolve_api_key(&self, _ctx: &Context, _fingerprint: Fingerprint) -> Result<Identified> {
        Err(CREDENTIAL_REFUSED.error("there are no API keys here"))
    }

    /// Whom an access token stands for.
    ///
    /// # Errors
    /// `identity.access_token_refused`. A keeper without access tokens refuses them all.
    async fn resolve_access_token(&self, _ctx: &Context, _token: &str) -> Result<Identified> {
        Err(CREDENTIAL_REFUSED.error("there are no access tokens here"))
    }
}

/// Who came, and what the credential that they came with is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identified {
    pub principal: Principal,
    /// `None`: all that the principal may do. Otherwise only what these name, such as `orders.read`.
    pub scopes: Option<Scopes>,
}

impl From<Principal> for Identified {
    fn from(principal: Principal) -> Self {
        Self { principal, scopes: None }
    }
}

/// Turns what a client shows into a principal.
#[derive(Clone)]
pub struct Authenticator {
    anonymous: AnonymousSessions,
    sessions: Arc<dyn Sessions>,
    clock: Clock,
}

impl Authenticator {
    pub fn new(anonymous: AnonymousSessions, sessions: Arc<dyn Sessions>, clock: Clock) -> Self {
        Self { anonymous, sessions, clock }
    }

    /// Whom a cookie's or a `Bearer` header's value stands for.
    ///
    /// # Errors
    /// `identity.credential_refused` when it stands for nobody; what the keeper of sessions raises when it cannot be
    /// asked.
    pub async fn identify(&self, ctx: &Context, credential: &str) -> Result<Identified> {
        match Credential::read(credential, &self.anonymous, &self.clock)? {
            Credential::Anonymous(session) => Ok(Principal::Anonymous(session).into()),
            Credential::Secret(secret) => {
                self.sessions.resolve(ctx, secret.fingerprint()).await.map(Identified::from)
            }
            Credential::ApiKey(key) => self.sessions.resolve_api_key(ctx, key.fingerprint()).await,
            Credential::AccessToken => self.sessions.resolve_access_token(ctx, credential).await,
        }
    }

    /// The same for what proves itself, a visitor's token; `None` when somebody has to be asked.
    pub fn recognize(&self, credential: &str) -> Option<Result<Identified>> {
        if !self.anonymous.is_theirs(credential) {
            return None;
        }
        let session = self.anonymous.verify(credential, &self.clock);
        Some(session.map(|session| Principal::Anonymous(session).into()))
    }

    /// A new anonymous session and the token to hand to the client.
    pub fn begin_anonymous(&self) -> (Id<Session>, String) {
        self.anonymous.begin(&self.clock)
    }
}
