//! Turns the credential of a request into a principal, and makes the context that the handlers get.
//!
//! A bearer token that does not hold is refused: the program that sent it must know. A cookie that does not hold is
//! replaced by a visitor's: a person with an old browser tab is no attacker, and what a visitor may see is harmless.

use std::sync::Arc;

use axum::response::Response;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Uri};
use mainstay_core::{Context, Id, Kind, Principal, TenantId, codes};
use mainstay_identity::Identified;

use crate::authenticator::Authenticator;
use crate::door::Door;
use crate::extract::Standing;
use crate::layers::observe::edge_context;
use crate::layers::same_origin::SameOrigin;
use crate::problem::Problem;
use crate::session::{self, SessionEnded, SessionIssued};
use crate::visit::Exchange;

/// Finds out who asks.
pub(crate) struct Authenticate {
    door: Door,
    same_origin: SameOrigin,
    secure: bool,
}

impl Authenticate {
    pub(super) fn new(door: Door, same_origin: SameOrigin, secure: bool) -> Self {
        Self { door, same_origin, secure }
    }

    async fn identify(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        edge: impl Fn() -> Context + Send + Sync,
        is_public: bool,
    ) -> Result<(Identified, Option<SessionIssued>), Problem> {
        let authenticator = match &self.door {
            Door::Public(authenticator) => authenticator,
            Door::Operators(guard) => return Ok((guard.admit(uri, headers)?.into(), None)),
        };
        if let Some(token) = bearer(headers)? {
            let asked = ask(authenticator, edge, token).await.map_err(Problem::of_token);
            return asked.map(|identified| (identified, None));
        }
        if let Some(token) = session::cookie(headers) {
            match ask(authenticator, edge, token).await {
                Ok(identified) => return Ok((identified, None)),
                Err(error) if error.kind() == Kind::Unauthenticated => {}
                Err(error) => return Err(error.into()),
            }
        }
        if is_public {
            // The answer is anybody's and may be kept on the way: a session in it would be handed to the next.
            return Ok((Principal::Anonymous(Id::from_bytes([0; 16])).into(), None));
        }
        let (visitor, issued) = authenticator.visitor()?;
        Ok((Principal::Anonymous(visitor).into(), Some(issued)))
    }

    /// Finds out who asks; a session that is begun by it is to be handed to [`Authenticate::leave`].
    pub(super) async fn enter(&self, exchange: &mut Exchange) -> Result<Option<SessionIssued>, Problem> {
        // What another site makes a browser send is refused before its cookie is given any power.
        self.same_origin.check(&exchange.request)?;
        let (visit, deadline) = (Arc::clone(&exchange.visit), exchange.deadline);
        let is_public = exchange.policy.is_public;
        let (uri, headers) = (exchange.request.uri(), exchange.request.headers());
        let edge = || edge_context(visit.trace).with_deadline(deadline);
        let (who, issued) = self.identify(uri, headers, edge, is_public).await?;
        if Standing::is_needed(exchange.request.headers())
            && issued.is_none()
            && let Door::Public(authenticator) = &self.door
        {
            let headers = exchange.request.headers();
            let token = bearer(headers)?.or_else(|| session::cookie(headers)).unwrap_or_default();
            let standing = Standing::new(authenticator, token, &who.principal);
            exchange.request.extensions_mut().insert(standing);
        }
        // Who guesses is told apart by the address, and the audit log names it.
        let (principal, scopes) = (who.principal, who.scopes);
        let context =
            Context::arrived(TenantId::SOLE, principal, scopes, visit.trace, deadline, visit.client);
        // This layer runs once a request, so nobody was first.
        let _ = visit.context.set(context);
        exchange.request.extensions_mut().insert(visit);
        Ok(issued)
    }

    /// Tells the caller of their session.
    pub(super) fn leave(&self, issued: Option<SessionIssued>, response: &mut Response) {
        // What the handler said about the session is later than what was found at the door.
        if let Some(by_handler) = response.extensions_mut().remove::<SessionIssued>() {
            session::issue(response.headers_mut(), &by_handler, self.secure);
        } else if response.extensions_mut().remove::<SessionEnded>().is_some() {
            session::end(response.headers_mut(), self.secure);
        } else if let Some(issued) = issued {
            session::issue(response.headers_mut(), &issued, self.secure);
        }
    }
}

/// Who a token stands for; a future and a context are made only for those whom somebody has to be asked about.
async fn ask(
    authenticator: &Arc<dyn Authenticator>,
    edge: impl Fn() -> Context + Send + Sync,
    token: &str,
) -> mainstay_core::Result<Identified> {
    match authenticator.recognize(token) {
        Some(known) => known,
        None => authenticator.authenticate(&edge(), token).await,
    }
}

/// The bearer token, if the header is there; another scheme is a misunderstanding that is better told.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
    let token = token.trim_ascii();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(codes::UNAUTHENTICATED.error("write Authorization: Bearer and a session token").into());
    }
    Ok(Some(token))
}
