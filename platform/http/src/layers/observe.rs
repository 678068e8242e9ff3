//! Gives a request its trace; counts, times and, where somebody looks, logs it.
//!
//! Errors and slow requests are kept with their traces even when these were not drawn, because those are the ones that
//! people ask about; the latencies' buckets name them as examples.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use mainstay_core::{Clock, Context, Principal, TenantId, TraceContext, work};
use mainstay_telemetry::{Role, SpanGuard, entry_span, is_recorded, late_span};

use crate::app::Parts;
use crate::codes::OVERLOADED;
use crate::layers::Handle;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::visit::{Exchange, Visit};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace's id on every answer: what a person quotes when something went wrong.
const TRACE: HeaderName = HeaderName::from_static("mainstay-trace");

/// The outermost layer.
pub(crate) struct Observe<S> {
    next: S,
    clock: Clock,
    metrics: Metrics,
    request_timeout: Duration,
    slow: Duration,
    // A draw below it is sampled.
    sample_below: u64,
}

/// Where a request enters: before it there is no exchange.
pub(crate) trait Entrance: Send + Sync + 'static {
    fn enter(&self, request: axum::extract::Request) -> impl Future<Output = Response> + Send;
}

impl<S> Observe<S> {
    pub(super) fn new(next: S, parts: &Parts, metrics: &Metrics) -> Self {
        let share = parts.telemetry.sample.clamp(0.0, 1.0);
        Self {
            next,
            clock: parts.clock.clone(),
            metrics: metrics.clone(),
            request_timeout: parts.options.request_timeout(),
            slow: Duration::from_millis(parts.telemetry.slow_request_ms),
            // A float cast saturates, so that 1.0 is everything.
            sample_below: (share * u64::MAX as f64) as u64,
        }
    }

    /// The request's own ids, and the caller's span when it sent one. Whoever begins a trace decides whether it is
    /// sampled.
    fn trace(&self, headers: &HeaderMap) -> (TraceContext, Option<u64>) {
        let sent =
            headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse::<TraceContext>().ok());
        match sent {
            Some(caller) => (caller.child(), Some(caller.span_id)),
            None => (TraceContext::root(self.draw()), None),
        }
    }

    fn draw(&self) -> bool {
        self.sample_below > 0 && rand::random::<u64>() <= self.sample_below
    }
}

impl<S: Handle> Entrance for Observe<S> {
    async fn enter(&self, request: axum::extract::Request) -> Response {
        let (trace, parent) = self.trace(request.headers());
        let deadline = self.clock.monotonic() + self.request_timeout;
        let visit = Arc::new(Visit::new(deadline, trace, parent));
        let recorded = is_recorded(trace);
        let seen = Seen::new(request.method(), request.uri(), recorded);
        let span = recorded.then(|| entry_span(&edge_context(trace), parent, Role::Server, "http request"));
        let underway = Underway::new(&self.metrics, &visit);

        let handling = self.next.handle(Exchange { request, visit: Arc::clone(&visit) });
        let answered = work::traced(trace, handling).await;
        // Nothing below Problems refuses, so this is never a second rendering.
        let mut response = answered.unwrap_or_else(|problem| problem.render(Some(trace.trace_id)));

        response.headers_mut().insert(TRACE, hexadecimal(trace.trace_id));
        let elapsed = visit.started.elapsed();
        let kept = self.finish(&seen, &visit, span, &response, elapsed);
        underway.answered(response.status(), elapsed, kept.then_some(trace));
        response
    }
}

impl<S> Observe<S> {
    /// Whether the request's trace is kept.
    fn finish(
        &self,
        seen: &Seen,
        visit: &Visit,
        span: Option<SpanGuard>,
        response: &Response,
        elapsed: Duration,
    ) -> bool {
        let status = response.status();
        let worth_keeping = elapsed >= self.slow || (status.is_server_error() && !is_shed(response));
        let span = span.or_else(|| {
            worth_keeping.then(|| {
                let name = visit.route_name().to_owned();
                late_span(&edge_context(visit.trace), visit.parent, Role::Server, name, elapsed)
            })
        });
        let mut kept = false;
        if let Some(mut span) = span.filter(SpanGuard::is_recording) {
            kept = visit.trace.sampled || worth_keeping;
            if worth_keeping {
                span.keep();
            }
            if kept {
                describe(&mut span, seen, visit.route_name());
            } else {
                // It may be kept for what went wrong below it; then its name says enough.
                span.rename(visit.route_name().to_owned());
            }
            span.set("http.response.status_code", i64::from(status.as_u16()));
            if let Some(problem) = response.extensions().get::<Problem>() {
                span.fail(problem.error());
            }
        }
        if tracing::enabled!(target: "mainstay_http::access", tracing::Level::DEBUG) {
            tracing::debug!(
                target: "mainstay_http::access",
                method = seen.method,
                path = seen.path,
                route = visit.route_name(),
                status = status.as_u16(),
                took_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
                trace = format_args!("{:032x}", visit.trace.trace_id),
                "request"
            );
        }
        kept
    }
}

/// Thousands a second are shed under load; a span for each would be load on top.
fn is_shed(response: &Response) -> bool {
    response.extensions().get::<Problem>().is_some_and(|problem| problem.error().is(&OVERLOADED))
}

/// The request in OpenTelemetry's words for HTTP. The query stays out: anything may stand there.
fn describe(span: &mut SpanGuard, seen: &Seen, route: &str) {
    span.set("url.scheme", "http");
    if !seen.path.is_empty() {
        span.set("url.path", seen.path.clone());
    }
    match route.split_once(' ') {
        Some((method, path)) => {
            span.rename(route.to_owned());
            span.set("http.request.method", method.to_owned());
            span.set("http.route", path.to_owned());
        }
        // No route has it: the path is whatever somebody thought up, so it names nothing.
        None => {
            let known = STANDARD_METHODS.contains(&seen.method.as_str());
            span.rename(if known { seen.method.clone() } else { "HTTP".to_owned() });
            span.set("http.request.method", if known { seen.method.clone() } else { "_OTHER".to_owned() });
        }
    }
}

/// The methods that a span may be named by; others are made up by whoever sends them.
const STANDARD_METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

/// What the access log and a span want of a request that is gone by then; empty when nobody looks.
struct Seen {
    method: String,
    path: String,
}

impl Seen {
    fn new(method: &Method, uri: &Uri, sampled: bool) -> Self {
        if sampled || tracing::enabled!(target: "mainstay_http::access", tracing::Level::DEBUG) {
            Self { method: method.to_string(), path: uri.path().to_owned() }
        } else {
            Self { method: String::new(), path: String::new() }
        }
    }
}

/// Counts a request out however it ends: when this is dropped without an answer, the caller went away.
struct Underway<'a> {
    metrics: &'a Metrics,
    visit: &'a Visit,
    answered: bool,
}

impl<'a> Underway<'a> {
    fn new(metrics: &'a Metrics, visit: &'a Visit) -> Self {
        metrics.in_flight.inc();
        Self { metrics, visit, answered: false }
    }

    fn answered(mut self, status: http::StatusCode, elapsed: Duration, example: Option<TraceContext>) {
        self.answered = true;
        let route = self.visit.route.get().unwrap_or(&self.metrics.none);
        route.answered(status);
        route.seconds.observe(elapsed, example);
    }
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        if !self.answered {
            self.visit.route.get().unwrap_or(&self.metrics.none).cancelled();
        }
    }
}

/// The context of the edge itself, before anybody is known.
pub(super) fn edge_context(trace: TraceContext) -> Context {
    Context::new(TenantId::SOLE, Principal::Service("edge".into()), trace)
}

fn hexadecimal(id: u128) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0_u8; 32];
    for (pair, byte) in text.chunks_exact_mut(2).zip(id.to_be_bytes()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    // Digits are always a valid value.
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
}
