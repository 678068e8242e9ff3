//! The routes of a process with everything around them.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use mainstay_core::{Clock, Result, Tasks};
use mainstay_telemetry::Registry;

use crate::catalogue::Catalogue;
use crate::door::Door;
use crate::health::Health;
use crate::layers::{Entrance, Stack, stack};
use crate::listener::Bound;
use crate::metrics::Metrics;
use crate::options::Options;

/// What the layers need to work with.
#[derive(Clone)]
pub struct Parts {
    pub options: Options,
    /// Only the share of sampled requests and the bound of slow ones are read.
    pub telemetry: mainstay_telemetry::Options,
    pub clock: Clock,
    pub registry: Registry,
    pub tasks: Tasks,
    pub health: Health,
    pub door: Door,
}

/// The routes within their layers. Cheap to clone.
#[derive(Clone)]
pub struct App {
    parts: Parts,
    stack: Arc<Stack>,
    metrics: Metrics,
}

impl App {
    /// Puts the layers around `router`, whose state is applied; `catalogue` has the codes that its answers may carry.
    pub fn new(parts: Parts, catalogue: Catalogue, router: Router) -> Self {
        let metrics = Metrics::new(&parts.registry);
        let stack = Arc::new(stack(&parts, catalogue, &metrics, router));
        Self { parts, stack, metrics }
    }

    /// Answers one request, as if it had come over a connection: for tests of a service through its front door.
    pub async fn call(&self, request: Request) -> Response {
        self.stack.enter(request).await
    }

    pub fn options(&self) -> &Options {
        &self.parts.options
    }

    /// Takes the address of the options.
    ///
    /// # Errors
    /// `http.not_listening` when the address is taken or not ours.
    pub async fn bind(self) -> Result<Bound> {
        Bound::new(self.parts, self.stack, self.metrics).await
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("options", &self.parts.options).finish_non_exhaustive()
    }
}
