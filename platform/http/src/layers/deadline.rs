//! Ends what takes longer than a request may take, and says whose fault it was.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use axum::response::Response;
use mainstay_core::{Clock, codes};

use crate::codes::BODY_TOO_SLOW;
use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::{Exchange, Visit};

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
    async fn handle(&self, exchange: &mut Exchange) -> Result<Response, Problem> {
        let (visit, deadline) = (Arc::clone(&exchange.visit), exchange.deadline);
        // Polled in place: select! would move the answer's future, which is large.
        let mut answer = pin!(self.next.handle(exchange));
        let mut over = pin!(self.clock.sleep_until(deadline));
        poll_fn(|cx| {
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            over.as_mut().poll(cx).map(|()| Err(late(&visit)))
        })
        .await
    }
}

fn late(visit: &Visit) -> Problem {
    if visit.is_reading() {
        BODY_TOO_SLOW.error("the body did not arrive in time").into()
    } else {
        codes::DEADLINE.error("the request took longer than a request may take").into()
    }
}
