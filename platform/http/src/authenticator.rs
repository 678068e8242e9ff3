//! Who a credential belongs to: the question that this crate asks and does not answer.

use async_trait::async_trait;
use mainstay_core::{Context, Id, Result, Session};
use mainstay_identity::Identified;
use mainstay_identity::session::ANONYMOUS_LIFETIME;
use mainstay_secrets::Secret;

use crate::session::SessionIssued;

/// Turns credentials into principals. Only here, at the edge, does that happen.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Who is behind a credential, which came as a bearer token or in the session cookie. `ctx` is that of
    /// the edge itself, with the request's trace and deadline, for asking a service.
    ///
    /// # Errors
    /// `core.unauthenticated` when the token is forged, expired or revoked; anything else means that it could not be
    /// found out, and refuses the request without touching the caller's session.
    async fn authenticate(&self, ctx: &Context, token: &str) -> Result<Identified>;

    /// The same, when it can be told without asking anybody; `None` when it cannot. Most requests are visitors', whose
    /// tokens prove themselves: told here, they cost no future.
    fn recognize(&self, _token: &str) -> Option<Result<Identified>> {
        None
    }

    /// A session for a visitor who brought no credential, and the token that proves it from now on. Called for every
    /// such request, so it should keep nothing.
    fn visitor(&self) -> Result<(Id<Session>, SessionIssued)>;
}

/// Identity's answer: visitors prove themselves, sessions of people are looked up where they are kept.
#[async_trait]
impl Authenticator for mainstay_identity::Authenticator {
    async fn authenticate(&self, ctx: &Context, token: &str) -> Result<Identified> {
        self.identify(ctx, token).await
    }

    fn recognize(&self, token: &str) -> Option<Result<Identified>> {
        mainstay_identity::Authenticator::recognize(self, token)
    }

    fn visitor(&self) -> Result<(Id<Session>, SessionIssued)> {
        let (session, token) = self.begin_anonymous();
        Ok((session, SessionIssued { token: Secret::new(token), max_age: ANONYMOUS_LIFETIME }))
    }
}
