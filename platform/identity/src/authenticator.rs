//! From a credential to a principal: the one place where a person becomes one.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Principal, Result, Session};

use crate::session::{AnonymousSessions, Credential, Fingerprint};

/// The port: where sessions of people who logged in are kept.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Who the session with this fingerprint belongs to: a customer or staff.
    ///
    /// # Errors
    /// `identity.credential_refused` or a code of the keeper's own when it is over or was never there.
    async fn resolve(&self, ctx: &Context, fingerprint: Fingerprint) -> Result<Principal>;
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
    pub async fn principal(&self, ctx: &Context, credential: &str) -> Result<Principal> {
        match Credential::read(credential, &self.anonymous, &self.clock)? {
            Credential::Anonymous(session) => Ok(Principal::Anonymous(session)),
            Credential::Secret(secret) => self.sessions.resolve(ctx, secret.fingerprint()).await,
        }
    }

    /// A new anonymous session and the token to hand to the client.
    pub fn begin_anonymous(&self) -> (Id<Session>, String) {
        self.anonymous.begin(&self.clock)
    }
}
