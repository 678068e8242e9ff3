//! What the layers know about one request, shared between them and the extractors.
//!
//! It is one allocation, made by the outermost layer and put into the request's extensions once. What an inner layer
//! finds out (who asks, which route) it writes here, where the outer ones read it on the way back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use mainstay_core::{Context, Monotonic, Stopwatch, TraceContext};

use crate::metrics::RouteMetrics;

/// One request.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) started: Stopwatch,
    /// When the answer must be there.
    pub(crate) deadline: Monotonic,
    /// The request's own span.
    pub(crate) trace: TraceContext,
    /// The caller's span, when it sent one.
    pub(crate) parent: Option<u64>,
    /// Set once it is known who asks.
    pub(crate) context: OnceLock<Context>,
    /// Set once a route matched.
    pub(crate) route: OnceLock<Arc<RouteMetrics>>,
    reading: AtomicBool,
}

impl Visit {
    pub(crate) fn new(deadline: Monotonic, trace: TraceContext, parent: Option<u64>) -> Self {
        Self {
            started: Stopwatch::start(),
            deadline,
            trace,
            parent,
            context: OnceLock::new(),
            route: OnceLock::new(),
            reading: AtomicBool::new(false),
        }
    }

    /// The matched route, such as `POST /v1/carts/{id}/items`, or `none`.
    pub(crate) fn route_name(&self) -> &str {
        self.route.get().map_or("none", |route| &route.name)
    }

    /// Says whether the body is being waited for: then it is the caller who is late, not we.
    pub(crate) fn set_reading(&self, reading: bool) {
        self.reading.store(reading, Ordering::Relaxed);
    }

    pub(crate) fn is_reading(&self) -> bool {
        self.reading.load(Ordering::Relaxed)
    }
}

/// A request on its way in.
pub(crate) struct Exchange {
    pub(crate) request: axum::extract::Request,
    pub(crate) visit: Arc<Visit>,
}
