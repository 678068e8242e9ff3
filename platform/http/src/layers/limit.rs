//! Bounds the request's body: at once when its length is declared, while it is read when not.

use axum::body::{Body, HttpBody};
use axum::extract::DefaultBodyLimit;
use http_body_util::Limited;

use crate::codes::BODY_TOO_LARGE;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Axum's own extractors take no more than this unless they are told that somebody else holds the bound.
const EXTRACTORS_MAX: u64 = 2 * 1_024 * 1_024;

/// Bounds bodies.
pub(crate) struct Limit {
    bytes: u64,
}

impl Limit {
    pub(super) fn new(bytes: u64) -> Self {
        Self { bytes }
    }

    pub(super) fn enter(&self, exchange: &mut Exchange) -> Result<(), Problem> {
        let bytes = exchange.policy.body_limit_bytes.unwrap_or(self.bytes);
        let declared = exchange.request.body().size_hint();
        if declared.lower() > bytes {
            return Err(BODY_TOO_LARGE.error(format!("a body may have {bytes} bytes here")).into());
        }
        // The transport holds a body to its declared length.
        if declared.upper().is_none_or(|upper| upper > bytes) {
            let limit = usize::try_from(bytes).unwrap_or(usize::MAX);
            let body = std::mem::take(exchange.request.body_mut());
            *exchange.request.body_mut() = Body::new(Limited::new(body, limit));
        }
        if bytes > EXTRACTORS_MAX {
            DefaultBodyLimit::disable().apply(&mut exchange.request);
        }
        Ok(())
    }
}
