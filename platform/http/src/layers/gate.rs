//! A layer that waits for nothing: it looks at the request on the way in and at the answer on the way out.
//!
//! Most layers are so. As gates they need no future of their own, which is what a stack of layers mostly costs.

use axum::response::Response;

use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Why a request goes no further.
pub(crate) enum Stop {
    Refused(Problem),
    /// It is answered already.
    Answered(Box<Response>),
}

impl<E: Into<Problem>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// One gate. What is not there does nothing.
pub(crate) trait Gate: Send + Sync + 'static {
    fn enter(&self, _exchange: &mut Exchange) -> Result<(), Stop> {
        Ok(())
    }

    fn leave(&self, _exchange: &mut Exchange, _response: &mut Response) -> Result<(), Problem> {
        Ok(())
    }
}

/// A gate, and what is behind it.
pub(crate) struct Gated<G, S> {
    gate: G,
    next: S,
}

impl<G, S> Gated<G, S> {
    pub(super) fn new(gate: G, next: S) -> Self {
        Self { gate, next }
    }
}

impl<G: Gate, S: Handle> Handle for Gated<G, S> {
    async fn handle(&self, exchange: &mut Exchange) -> Result<Response, Problem> {
        match self.gate.enter(exchange) {
            Ok(()) => {}
            Err(Stop::Refused(problem)) => return Err(problem),
            Err(Stop::Answered(response)) => return Ok(*response),
        }
        let mut response = self.next.handle(exchange).await?;
        self.gate.leave(exchange, &mut response)?;
        Ok(response)
    }
}
