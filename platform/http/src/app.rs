//! The routes of a process with everything around them.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use futures::future::BoxFuture;
use mainstay_core::{Clock, Result, Tasks};
use mainstay_resilience::{Limits, MemoryLimits};
use mainstay_telemetry::Registry;

use crate::catalogue::Catalogue;
use crate::door::Door;
use crate::health::Health;
use crate::layers::{Labelled, Origin, Stack};
use crate::listener::Bound;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::policy::Policies;

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

/// What the layers follow.
pub struct Rules {
    /// The routes' own.
    pub policies: Policies,
    /// Where allowances are kept.
    pub limits: Arc<dyn Limits>,
}

impl Rules {
    /// No rules but the defaults, and allowances in memory.
    pub fn new(parts: &Parts) -> Self {
        let limits = MemoryLimits::new(parts.options.rates.keys_max, &parts.clock, &parts.registry);
        Self { policies: Policies::new(), limits: Arc::new(limits) }
    }

    #[must_use]
    pub fn policies(self, policies: Policies) -> Self {
        Self { policies, ..self }
    }
}

/// The routes within their layers. Cheap to clone.
#[derive(Clone)]
pub struct App {
    parts: Parts,
    stack: Arc<Stack>,
    metrics: Metrics,
}

impl App {
    /// Puts the layers around `routes`, whose state is applied; `catalogue` has the codes that its answers may carry.
    ///
    /// # Panics
    /// When the options are such that [`App::with_rules`] refuses them: for tests, whose options are their own.
    pub fn new(parts: Parts, catalogue: Catalogue, routes: impl Into<Labelled>) -> Self {
        let rules = Rules::new(&parts);
        match Self::with_rules(parts, rules, catalogue, routes) {
            Ok(app) => app,
            Err(error) => panic!("the layers cannot be put together: {}", error.chain()),
        }
    }

    /// The same, with rules for the routes.
    ///
    /// # Errors
    /// `http.bad_policy` when a rule cannot be followed, `core.bad_configuration` when an option cannot.
    pub fn with_rules(
        parts: Parts,
        rules: Rules,
        catalogue: Catalogue,
        routes: impl Into<Labelled>,
    ) -> Result<Self> {
        parts.options.check()?;
        let metrics = Metrics::new(&parts.registry);
        let stack = Arc::new(Stack::new(&parts, rules, catalogue, &metrics, routes.into())?);
        Ok(Self { parts, stack, metrics })
    }

    /// Answers one request, as if it had come over a connection: for tests of a service through its front door.
    pub async fn call(&self, request: Request) -> Response {
        // Boxed and without its type: the layers' futures nest deeper than a caller's compiler wants to look.
        let answer: BoxFuture<'_, Response> = Box::pin(self.stack.enter(request, Origin::Here));
        answer.await
    }

    pub fn options(&self) -> &Options {
        &self.parts.options
    }

    /// Takes the address of the options.
    ///
    /// # Errors
    /// `http.not_listening` when the address is taken or not ours, `http.tls_unusable`.
    pub async fn bind(self) -> Result<Bound> {
        Bound::new(self.parts, self.stack, self.metrics).await
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("options", &self.parts.options).finish_non_exhaustive()
    }
}
