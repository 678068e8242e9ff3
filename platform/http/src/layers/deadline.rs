//! Ends what takes longer than a request may take, and says whose fault it was.

use axum::response::Response;
use mainstay_core::{Clock, codes};

use crate::codes::BODY_TOO_SLOW;
use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Bounds the time of a request.
pub(crate) struct Deadline<S> {
    next: S,
    clock: Clock,
}

impl<S> Deadline<S> {
    pub(super) fn new(next: S, clock: Clock) -> Self {
        Self { next, clock }
    }
}

impl<S: Handle> Handle for Deadline<S> {
    async fn handle(&self, exchange: Exchange) -> Result<Response, Problem> {
        let visit = exchange.visit.clone();
        tokio::select! {
            biased;
            answer = self.next.handle(exchange) => answer,
            () = self.clock.sleep_until(visit.deadline) => Err(if visit.is_reading() {
                BODY_TOO_SLOW.error("the body did not arrive in time").into()
            } else {
                codes::DEADLINE.error("the request took longer than a request may take").into()
            }),
        }
    }
}
