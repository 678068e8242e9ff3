//! Answers for the addresses of the process itself: probes, metrics, pages of codes.

use axum::response::Response;
use http::{HeaderMap, Method};

use crate::door::Door;
use crate::endpoints::{Endpoint, Endpoints};
use crate::problem::Problem;

/// Answers for the process.
pub(crate) struct Own {
    endpoints: Endpoints,
    for_operators: bool,
}

impl Own {
    pub(super) fn new(endpoints: Endpoints, door: &Door) -> Self {
        Self { endpoints, for_operators: matches!(door, Door::Operators(_)) }
    }

    /// What a path means here, unless it is a service's.
    pub(super) fn endpoint<'a>(&self, path: &'a str) -> Option<Endpoint<'a>> {
        // How busy a shop is concerns nobody outside: to the public there is no such address.
        Endpoint::of(path).filter(|endpoint| self.for_operators || *endpoint != Endpoint::Metrics)
    }

    pub(super) async fn answer(
        &self,
        endpoint: Endpoint<'_>,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Response, Problem> {
        self.endpoints.answer(endpoint, method, headers).await
    }
}
