//! Answers for the addresses of the process itself: probes, metrics, pages of codes.

use axum::response::Response;
use http::{HeaderMap, Method, Uri};

use crate::door::{Door, OperatorGuard};
use crate::encoding::Coding;
use crate::endpoints::{Endpoint, Endpoints};
use crate::problem::Problem;

/// Answers for the process.
pub(crate) struct Own {
    endpoints: Endpoints,
    /// Of the operators' listener.
    guard: Option<OperatorGuard>,
}

impl Own {
    pub(super) fn new(endpoints: Endpoints, door: &Door) -> Self {
        let guard = match door {
            Door::Operators(guard) => Some(guard.clone()),
            Door::Public(_) => None,
        };
        Self { endpoints, guard }
    }

    /// What a path means here, unless it is a service's.
    pub(super) fn endpoint<'a>(&self, path: &'a str) -> Option<Endpoint<'a>> {
        // How busy a shop is concerns nobody outside: to the public there is no such address.
        Endpoint::of(path).filter(|endpoint| self.guard.is_some() || *endpoint != Endpoint::Metrics)
    }

    pub(super) async fn answer(
        &self,
        endpoint: Endpoint<'_>,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        coding: Coding,
    ) -> Result<Response, Problem> {
        // Probes and pages tell nobody anything; metrics tell how the business goes.
        if let Some(guard) = self.guard.as_ref().filter(|_| endpoint == Endpoint::Metrics) {
            guard.admit(uri, headers)?;
        }
        self.endpoints.answer(endpoint, method, headers, coding).await
    }
}
