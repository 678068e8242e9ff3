//! A panic in a handler ends that request and nothing else.

use std::panic::AssertUnwindSafe;

use axum::response::Response;
use futures::FutureExt;
use mainstay_core::codes;
use mainstay_core::lifecycle::panic_message;

use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Catches panics.
pub(crate) struct Panics<S> {
    next: S,
}

impl<S> Panics<S> {
    pub(super) fn new(next: S) -> Self {
        Self { next }
    }
}

impl<S: Handle> Handle for Panics<S> {
    async fn handle(&self, exchange: Exchange) -> Result<Response, Problem> {
        // What the handler shares with others is behind locks that do not poison, or is the database's business.
        match AssertUnwindSafe(self.next.handle(exchange)).catch_unwind().await {
            Ok(answer) => answer,
            Err(panic) => {
                let cause = format!("panic: {}", panic_message(panic.as_ref()));
                Err(codes::INTERNAL.because("something broke while the request was worked on", cause).into())
            }
        }
    }
}
