//! The headers that every answer has: they tell a browser to trust nothing that was not said.
//!
//! They are constants, so that adding them allocates no values. A handler that sets one itself keeps its own.

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Entry, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};

use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::Exchange;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// For answers that programs read: nothing may be loaded by them, framed around them, or kept.
fn always() -> [(HeaderName, HeaderValue); 6] {
    [
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
        (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

/// Adds the static headers.
pub(crate) struct Headers<S> {
    next: S,
    secure: bool,
}

impl<S> Headers<S> {
    pub(super) fn new(next: S, secure: bool) -> Self {
        Self { next, secure }
    }
}

impl<S: Handle> Handle for Headers<S> {
    async fn handle(&self, exchange: Exchange) -> Result<Response, Problem> {
        let mut response = self.next.handle(exchange).await?;
        let headers = response.headers_mut();
        // One growth instead of several; the trace and the date come on top.
        headers.reserve(10);
        for (name, value) in always() {
            if let Entry::Vacant(absent) = headers.entry(name) {
                absent.insert(value);
            }
        }
        if self.secure {
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        Ok(response)
    }
}
