//! Answers for the addresses of the process itself: probes, metrics, pages of codes.

use std::sync::Arc;

use axum::response::Response;

use crate::door::Door;
use crate::endpoints::{Endpoint, Endpoints};
use crate::layers::Handle;
use crate::problem::Problem;
use crate::visit::Exchange;

/// Answers for the process, and hands on everything else.
pub(crate) struct Own<S> {
    next: S,
    endpoints: Arc<Endpoints>,
    for_operators: bool,
}

impl<S> Own<S> {
    pub(super) fn new(next: S, endpoints: Arc<Endpoints>, door: &Door) -> Self {
        Self { next, endpoints, for_operators: matches!(door, Door::Operators(_)) }
    }
}

impl<S: Handle> Handle for Own<S> {
    async fn handle(&self, exchange: &mut Exchange) -> Result<Response, Problem> {
        match Endpoint::of(exchange.request.uri().path()) {
            // How busy a shop is concerns nobody outside: to the public there is no such address.
            None => self.next.handle(exchange).await,
            Some(Endpoint::Metrics) if !self.for_operators => self.next.handle(exchange).await,
            Some(endpoint) => {
                let request = &exchange.request;
                self.endpoints.answer(endpoint, request.method(), request.headers()).await
            }
        }
    }
}
