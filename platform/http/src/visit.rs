//! What the layers know about one request, shared between them and the extractors.
//!
//! A [`Visit`] is one allocation, made by the outermost layer and put into the request's extensions once. What an inner
//! layer finds out (who asks, which route) it writes here, where the outer ones read it on the way back. An
//! [`Exchange`] lives in the outermost layer and is lent to the inner ones.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use http::{HeaderValue, Method};
use mainstay_core::{Context, Monotonic, Stopwatch, TraceContext};
use mainstay_resilience::limits::Verdict;
use mainstay_telemetry::Text;

use crate::encoding::Coding;
use crate::layers::Found;
use crate::metrics::{Metrics, RouteMetrics};
use crate::policy::{Policy, Retirement};

/// One request.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) started: Stopwatch,
    /// The request's own span.
    pub(crate) trace: TraceContext,
    /// The caller's span, when it sent one.
    pub(crate) parent: Option<u64>,
    /// Where the request came from, as far as that may be believed.
    pub(crate) client: IpAddr,
    /// Came over a connection, and not from a caller in this process.
    pub(crate) from_wire: bool,
    /// Set once it is known who asks.
    pub(crate) context: OnceLock<Context>,
    /// Where a route finds what is counted for it.
    pub(crate) metrics: Arc<Metrics>,
    /// Set once a route matched.
    pub(crate) route: OnceLock<Arc<RouteMetrics>>,
    /// Set once a described route matched: the parts of the path that it leaves open.
    pub(crate) places: OnceLock<Box<[Box<str>]>>,
    reading: AtomicBool,
}

impl Visit {
    pub(crate) fn new(
        trace: TraceContext,
        parent: Option<u64>,
        client: IpAddr,
        from_wire: bool,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            started: Stopwatch::start(),
            trace,
            parent,
            client,
            from_wire,
            context: OnceLock::new(),
            metrics,
            route: OnceLock::new(),
            places: OnceLock::new(),
            reading: AtomicBool::new(false),
        }
    }

    /// The matched route, such as `POST /v1/carts/{id}/items`, or `none`.
    pub(crate) fn route_name(&self) -> &str {
        self.route.get().map_or("none", |route| &route.name)
    }

    /// The same, as spans want it.
    pub(crate) fn route_label(&self) -> Text {
        self.route.get().map_or(Text::Known("none"), |route| route.name.clone())
    }

    /// Says whether the body is being waited for: then it is the caller who is late, not we.
    pub(crate) fn set_reading(&self, reading: bool) {
        self.reading.store(reading, Ordering::Relaxed);
    }

    pub(crate) fn is_reading(&self) -> bool {
        self.reading.load(Ordering::Relaxed)
    }
}

/// A request on its way in, and what is to be said on the way out.
pub(crate) struct Exchange {
    pub(crate) request: axum::extract::Request,
    pub(crate) visit: Arc<Visit>,
    /// When the answer must be there.
    pub(crate) deadline: Monotonic,
    /// The rules of the route.
    pub(crate) policy: Arc<Policy>,
    /// The route, once it is found, if it is a described one.
    pub(crate) found: Option<Found>,
    pub(crate) noted: Noted,
}

/// What was read from the request and matters when the answer is there; the request itself is gone by then.
#[derive(Default)]
pub(crate) struct Noted {
    pub(crate) method: Method,
    pub(crate) coding: Coding,
    pub(crate) accept: Option<HeaderValue>,
    pub(crate) origin: Option<HeaderValue>,
    /// The body comes in chunks over HTTP/1.1.
    pub(crate) chunked: bool,
    pub(crate) if_match: Option<HeaderValue>,
    pub(crate) if_none_match: Option<HeaderValue>,
    pub(crate) if_modified_since: Option<HeaderValue>,
    /// The allowance that is the nearest to its end, with the policy it follows.
    pub(crate) allowance: Option<(Verdict, HeaderValue)>,
    /// Of the version that was asked for.
    pub(crate) retirement: Option<Arc<Retirement>>,
    /// The version's own media type, when it was asked for by that.
    pub(crate) media_type: Option<HeaderValue>,
}
