//! Whether a caller is still who they were, for answers that go on for hours.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::{ACCEPT, UPGRADE};
use http::request::Parts;
use mainstay_core::{Context, Monotonic, Principal, Result, TenantId, TraceContext, codes};
use mainstay_secrets::Secret;

use crate::authenticator::Authenticator;

/// The credential of a request, kept for asking again. Only requests that become a WebSocket or an event stream have
/// one; others end before it could matter.
#[derive(Clone, Default)]
pub struct Standing(Option<Arc<Kept>>);

struct Kept {
    authenticator: Arc<dyn Authenticator>,
    token: Secret<String>,
    principal: Principal,
}

impl Standing {
    pub(crate) fn new(authenticator: &Arc<dyn Authenticator>, token: &str, principal: &Principal) -> Self {
        Self(Some(Arc::new(Kept {
            authenticator: Arc::clone(authenticator),
            token: Secret::new(token.to_owned()),
            principal: principal.clone(),
        })))
    }

    /// Whether the answer to this request goes on for longer than a credential may last.
    pub(crate) fn is_needed(headers: &HeaderMap) -> bool {
        headers.contains_key(UPGRADE)
            || headers.get(ACCEPT).is_some_and(|accept| {
                accept.to_str().is_ok_and(|accept| accept.contains("text/event-stream"))
            })
    }

    /// Asks whether the credential still proves the same caller. A visitor who brought none has nothing to lose.
    ///
    /// # Errors
    /// `core.unauthenticated` when it has ended or is somebody else's now; anything else means that it could not be found
    /// out.
    pub async fn check(&self, trace: TraceContext, deadline: Monotonic) -> Result<()> {
        let Some(kept) = &self.0 else { return Ok(()) };
        let edge =
            Context::new(TenantId::SOLE, Principal::Service("edge".into()), trace).with_deadline(deadline);
        let who = kept.authenticator.authenticate(&edge, kept.token.expose()).await?;
        if who.principal == kept.principal {
            return Ok(());
        }
        Err(codes::UNAUTHENTICATED.error("the session belongs to somebody else now"))
    }
}

impl<S: Sync> FromRequestParts<S> for Standing {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

impl fmt::Debug for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Standing").field(&self.0.as_ref().map(|kept| &kept.principal)).finish()
    }
}
