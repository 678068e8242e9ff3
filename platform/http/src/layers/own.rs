//! Answers for the addresses of the process itself: probes, metrics, pages of codes.

use std::sync::Arc;

use axum::response::Response;

use crate::endpoints::{Endpoint, Endpoints};
use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Answers for the process, and hands on everything else.
pub(crate) struct Own<S> {
    next: S,
    endpoints: Arc<Endpoints>,
}

impl<S> Own<S> {
    pub(super) fn new(next: S, endpoints: Arc<Endpoints>) -> Self {
        Self { next, endpoints }
    }
}

impl<S: Handle> Handle for Own<S> {
    async fn handle(&self, exchange: Exchange) -> Result<Response, Problem> {
        match Endpoint::of(exchange.request.uri().path()) {
            None => self.next.handle(exchange).await,
            Some(endpoint) => self.endpoints.answer(endpoint, exchange.request.method()).await,
        }
    }
}
