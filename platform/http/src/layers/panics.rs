//! A panic in a handler ends that request and nothing else.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::response::Response;
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
    async fn handle(&self, exchange: &mut Exchange) -> Result<Response, Problem> {
        // Polled in place: a combinator would move some kilobytes of future around for each request.
        let mut answer = pin!(self.next.handle(exchange));
        poll_fn(|cx| {
            // What the handler shares with others is behind locks that do not poison, or is the database's business.
            catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))).unwrap_or_else(|panic| {
                let cause = format!("panic: {}", panic_message(panic.as_ref()));
                let error = codes::INTERNAL.because("something broke while the request was worked on", cause);
                Poll::Ready(Err(error.into()))
            })
        })
        .await
    }
}
