//! The metrics of the way in. Handles are made once, per route where the route matters.

use std::sync::Arc;

use http::StatusCode;
use mainstay_telemetry::{Counter, Gauge, Latency, Registry, Text};

/// How a request ended, as the label `status` tells it.
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "cancelled"];
const CANCELLED: usize = 5;

/// What is counted for one route.
#[derive(Debug)]
pub(crate) struct RouteMetrics {
    /// Method and pattern, such as `GET /v1/orders/{id}`.
    pub(crate) name: Text,
    ended: [Counter; CLASSES.len()],
    pub(crate) seconds: Latency,
    /// Took longer than is thought slow.
    pub(crate) slow: Counter,
}

impl RouteMetrics {
    fn new(registry: &Registry, name: String) -> Self {
        let ended = CLASSES.map(|class| {
            let labels = [("route", name.as_str()), ("status", class)];
            registry.counter("http_requests", "Requests by route and how they ended", &labels)
        });
        let help = "Time from the head of a request to its answer";
        let labels = [("route", name.as_str())];
        let seconds = registry.latency("http_request_seconds", help, &labels);
        let slow = registry.counter("http_slow_requests", "Requests that took too long", &labels);
        Self { name: name.into(), ended, seconds, slow }
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1).min(CANCELLED - 1);
        self.ended[class].inc();
    }

    /// The caller went away before the answer.
    pub(crate) fn cancelled(&self) {
        self.ended[CANCELLED].inc();
    }
}

/// What is counted for the listener as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// For requests that matched no route.
    pub(crate) none: Arc<RouteMetrics>,
    pub(crate) in_flight: Gauge,
    pub(crate) shed: Counter,
    pub(crate) connections: Gauge,
    pub(crate) accept_failures: Counter,
    pub(crate) rate_limited: Counter,
    pub(crate) limits_unanswered: Counter,
    pub(crate) access_dropped: Counter,
    /// Connections that ended before they were HTTP: a wrong preface or handshake.
    pub(crate) handshake_failures: Counter,
    pub(crate) certificates_loaded: Counter,
    pub(crate) certificates_refused: Counter,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Self {
        Self {
            registry: registry.clone(),
            none: Arc::new(RouteMetrics::new(registry, "none".to_owned())),
            in_flight: registry.gauge("http_in_flight", "Requests that are worked on", &[]),
            shed: registry.counter("http_shed", "Requests refused because too many were in flight", &[]),
            connections: registry.gauge("http_connections", "Open connections", &[]),
            rate_limited: registry.counter(
                "http_rate_limited",
                "Requests refused as too many of one caller",
                &[],
            ),
            limits_unanswered: registry.counter(
                "http_limits_unanswered",
                "Requests that passed because the keeper of limits did not answer",
                &[],
            ),
            access_dropped: registry.counter(
                "http_access_log_dropped",
                "Lines that the access log had no room for",
                &[],
            ),
            handshake_failures: registry.counter(
                "http_handshake_failures",
                "Connections that ended before they were HTTP",
                &[],
            ),
            certificates_loaded: registry.counter(
                "http_certificates_loaded",
                "Certificates taken into use",
                &[],
            ),
            certificates_refused: registry.counter(
                "http_certificates_refused",
                "Changed certificates that could not be used",
                &[],
            ),
            accept_failures: registry.counter("http_accept_failures", "Connections not accepted", &[]),
        }
    }

    /// The handles of a route; asked once a route.
    pub(crate) fn route(&self, name: String) -> Arc<RouteMetrics> {
        Arc::new(RouteMetrics::new(&self.registry, name))
    }
}
