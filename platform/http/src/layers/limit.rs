//! Bounds the request's body: at once when its length is declared, while it is read when not.

use axum::body::{Body, HttpBody};
use axum::response::Response;
use http_body_util::Limited;

use crate::codes::BODY_TOO_LARGE;
use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Bounds bodies.
pub(crate) struct Limit<S> {
    next: S,
    bytes: u64,
}

impl<S> Limit<S> {
    pub(super) fn new(next: S, bytes: u64) -> Self {
        Self { next, bytes }
    }
}

impl<S: Handle> Handle for Limit<S> {
    async fn handle(&self, mut exchange: Exchange) -> Result<Response, Problem> {
        let declared = exchange.request.body().size_hint();
        if declared.lower() > self.bytes {
            let limit = self.bytes;
            return Err(BODY_TOO_LARGE.error(format!("a body may have {limit} bytes here")).into());
        }
        // The transport holds a body to its declared length.
        if declared.upper().is_none_or(|upper| upper > self.bytes) {
            let limit = usize::try_from(self.bytes).unwrap_or(usize::MAX);
            exchange.request = exchange.request.map(|body| Body::new(Limited::new(body, limit)));
        }
        self.next.handle(exchange).await
    }
}
