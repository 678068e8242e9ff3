//! The edge of a process: where credentials become principals, and nowhere else.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Principal, Result, Session, codes};
use mainstay_identity::session::ANONYMOUS_LIFETIME;
use mainstay_identity::{AnonymousSessions, Fingerprint, Identified, Remembered, Sessions};
use mainstay_rpc::{Channel, Peer};
use mainstay_secrets::Secret;

use crate::process::Process;

/// The edge's name when it calls a service.
pub(crate) const CALLER: &str = "mainstay.edge";

/// What the edge may reach: peers that know about sessions.
pub struct Edge {
    process: Arc<Process>,
}

impl Edge {
    pub(crate) fn new(process: Arc<Process>) -> Self {
        Self { process }
    }

    /// A client of the service `name`, as [`Scope::peer`](crate::Scope::peer) gives one.
    pub fn peer<C: Clone>(&self, name: &'static str, client: impl FnOnce(Channel) -> C) -> Result<Peer<C>> {
        Ok(Peer::new(self.process.channel(CALLER, name)?, client))
    }

    /// Whether the service `name` runs here or at an address that is known.
    pub fn knows(&self, name: &str) -> bool {
        self.process.topology.place(CALLER, name).is_ok()
    }

    /// Whom credentials stand for, as it was told lately; the same as [`Scope::remembered`](crate::Scope::remembered) of
    /// the services here.
    pub fn remembered(&self) -> Remembered {
        self.process.remembered.clone()
    }

    pub fn clock(&self) -> &Clock {
        &self.process.clock
    }
}

/// Makes the keeper of sessions of a process.
pub(crate) type MakeSessions = Box<dyn FnOnce(&Edge) -> Result<Arc<dyn Sessions>> + Send>;

/// Sessions where nobody can log in: at the edge of a process that has no keeper of sessions.
pub struct NoSessions;

#[async_trait]
impl Sessions for NoSessions {
    async fn resolve(&self, _ctx: &Context, _fingerprint: Fingerprint) -> Result<Principal> {
        Err(codes::UNAUTHENTICATED.error("nobody can log in here"))
    }
}

/// Answers the listener's question from the identity that the process was given.
pub(crate) struct EdgeAuthenticator {
    inner: mainstay_identity::Authenticator,
}

impl EdgeAuthenticator {
    pub(crate) fn new(process: &Process, sessions: Arc<dyn Sessions>) -> Self {
        let anonymous = AnonymousSessions::new(&process.root);
        Self { inner: mainstay_identity::Authenticator::new(anonymous, sessions, process.clock.clone()) }
    }
}

#[async_trait]
impl mainstay_http::Authenticator for EdgeAuthenticator {
    async fn authenticate(&self, ctx: &Context, token: &str) -> Result<Identified> {
        self.inner.identify(ctx, token).await
    }

    fn recognize(&self, token: &str) -> Option<Result<Identified>> {
        self.inner.recognize(token)
    }

    fn visitor(&self) -> Result<(Id<Session>, mainstay_http::SessionIssued)> {
        let (session, token) = self.inner.begin_anonymous();
        let issued = mainstay_http::SessionIssued { token: Secret::new(token), max_age: ANONYMOUS_LIFETIME };
        Ok((session, issued))
    }
}
