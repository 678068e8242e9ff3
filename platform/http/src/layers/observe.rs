//! Gives a request its trace; counts, times and logs it.
//!
//! Errors and slow requests are kept with their traces even when these were not drawn, because those are the ones that
//! people ask about; the latencies' buckets name them as examples. A slow request is also counted by its route, and told in the log, once a second at the most.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use data_encoding::HEXLOWER;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use mainstay_core::{Clock, Context, Monotonic, Principal, Result, TenantId, TraceContext};
use mainstay_telemetry::{Role, SpanGuard, entry_span, is_recorded, late_span};

use crate::access_log::AccessLog;
use crate::app::Parts;
use crate::codes::RATE_LIMITED;
use crate::forwarded::Trust;
use crate::metrics::Metrics;
use crate::policy::{Policy, Table};
use crate::problem::{Problem, is_busy};
use crate::visit::{Exchange, Noted, Visit};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace's id on every answer: what a person quotes when something went wrong.
const TRACE: HeaderName = HeaderName::from_static("mainstay-trace");

/// The outermost layer.
pub(crate) struct Observer {
    clock: Clock,
    metrics: Arc<Metrics>,
    trust: Trust,
    default_policy: Arc<Policy>,
    access: Option<AccessLog>,
    request_timeout: Duration,
    slow: Duration,
    // A draw below it is sampled.
    sample_below: u64,
    /// The second, on the process's own clock, in which a slow request was last told of.
    told: AtomicU64,
    began: Monotonic,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// Over a connection from there.
    Wire(IpAddr),
    /// From a caller in this process.
    Here,
}

impl Observer {
    pub(super) fn new(parts: &Parts, table: &Table, metrics: &Metrics) -> Result<Self> {
        let share = parts.telemetry.sample.clamp(0.0, 1.0);
        let options = &parts.options;
        let access = AccessLog::open(&options.access_log, &parts.clock, metrics.access_dropped.clone())?;
        Ok(Self {
            clock: parts.clock.clone(),
            metrics: Arc::new(metrics.clone()),
            trust: Trust::new(&options.trusted_proxies, options.forwarded_header),
            default_policy: Arc::clone(table.default_policy()),
            access,
            request_timeout: options.request_timeout(),
            slow: Duration::from_millis(parts.telemetry.slow_request_ms),
            // A float cast saturates, so that 1.0 is everything.
            sample_below: (share * u64::MAX as f64) as u64,
            told: AtomicU64::new(u64::MAX),
            began: parts.clock.monotonic(),
        })
    }

    /// The request's own ids, and the caller's span when it sent one. Whoever begins a trace decides whether it is
    /// sampled.
    fn trace(&self, headers: &HeaderMap) -> (TraceContext, Option<u64>) {
        let sent =
            headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse::<TraceContext>().ok());
        match sent {
            Some(caller) => (caller.child(), Some(caller.span_id)),
            None => {
                let mut trace = TraceContext::root(false);
                // Half of an id is random bits enough for the draw.
                trace.sampled = self.sample_below > 0 && (trace.trace_id >> 64) as u64 <= self.sample_below;
                (trace, None)
            }
        }
    }

    /// A request comes in.
    pub(crate) fn begin(&self, request: Request, origin: Origin) -> (Exchange, Watched<'_>) {
        let (trace, parent) = self.trace(request.headers());
        let (client, from_wire) = match origin {
            Origin::Wire(peer) => (self.trust.client(peer, request.headers()), true),
            Origin::Here => (IpAddr::V4(Ipv4Addr::LOCALHOST), false),
        };
        let visit = Arc::new(Visit::new(trace, parent, client, from_wire, Arc::clone(&self.metrics)));
        let watched = Watched {
            observer: self,
            version: request.version(),
            seen: Seen { method: request.method().clone(), path: request.uri().path_and_query().cloned() },
            underway: Underway::new(&self.metrics, Arc::clone(&visit)),
            span: is_recorded(trace)
                .then(|| entry_span(&edge_context(trace), parent, Role::Server, "http request")),
        };
        let exchange = Exchange {
            request,
            visit,
            deadline: self.clock.monotonic() + self.request_timeout,
            policy: Arc::clone(&self.default_policy),
            found: None,
            noted: Noted::default(),
        };
        (exchange, watched)
    }

    /// Whether the request's trace is kept.
    fn finish(
        &self,
        visit: &Visit,
        seen: &Seen,
        span: Option<SpanGuard>,
        response: &Response,
        elapsed: Duration,
    ) -> bool {
        let status = response.status();
        let is_slow = elapsed >= self.slow;
        if is_slow {
            self.tell_of_slow(visit, elapsed);
        }
        let worth_keeping = is_slow || (status.is_server_error() && !is_shed(response));
        let span = span.or_else(|| {
            worth_keeping.then(|| {
                let name = visit.route_label();
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
                span.rename(visit.route_label());
            }
            if kept || !status.is_success() {
                span.set("http.response.status_code", i64::from(status.as_u16()));
            }
            if let Some(problem) = response.extensions().get::<Problem>() {
                span.fail(problem.error());
            }
        }
        kept
    }

    #[cold]
    fn tell_of_slow(&self, visit: &Visit, elapsed: Duration) {
        visit.route.get().unwrap_or(&self.metrics.none).slow.inc();
        let second = self.clock.monotonic().since(self.began).as_secs();
        // Thousands may be slow at once, and for one reason.
        if self.told.swap(second, Ordering::Relaxed) != second {
            tracing::warn!(
                route = visit.route_name(),
                took_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
                trace = format_args!("{:032x}", visit.trace.trace_id),
                "a slow request"
            );
        }
    }
}

/// A request under way, as it is seen from outside. Dropped without an end, the caller went away.
pub(crate) struct Watched<'a> {
    observer: &'a Observer,
    version: Version,
    seen: Seen,
    underway: Underway<'a>,
    span: Option<SpanGuard>,
}

impl Watched<'_> {
    pub(crate) fn trace(&self) -> TraceContext {
        self.underway.visit.trace
    }

    /// The answer is there.
    pub(crate) fn end(self, response: &mut Response) {
        let Self { observer, version, seen, underway, span } = self;
        let visit = Arc::clone(&underway.visit);
        response.headers_mut().insert(TRACE, hexadecimal(visit.trace.trace_id));
        let elapsed = visit.started.elapsed();
        let kept = observer.finish(&visit, &seen, span, response, elapsed);
        if let Some(access) = &observer.access {
            access.line(&visit, version, response, elapsed);
        }
        underway.answered(response.status(), elapsed, kept.then_some(visit.trace));
    }
}

/// Thousands a second are shed under load; a span for each would be load on top.
fn is_shed(response: &Response) -> bool {
    let problem = response.extensions().get::<Problem>();
    problem.is_some_and(|problem| is_busy(problem.error().code()) || problem.error().is(&RATE_LIMITED))
}

/// The request in OpenTelemetry's words for HTTP. The query stays out: anything may stand there.
fn describe(span: &mut SpanGuard, seen: &Seen, route: &str) {
    span.set("url.scheme", "http");
    match route.split_once(' ') {
        Some((method, path)) => {
            span.rename(route.to_owned());
            span.set("http.request.method", method.to_owned());
            span.set("url.path", told_path(path, seen.path.as_ref().map_or("", PathAndQuery::path)));
            span.set("http.route", path.to_owned());
        }
        // No route has it: the path is whatever somebody thought up, so it names nothing and is not told.
        None => {
            let known = STANDARD_METHODS.contains(&seen.method.as_str());
            span.rename(if known { seen.method.to_string() } else { "HTTP".to_owned() });
            span.set(
                "http.request.method",
                if known { seen.method.to_string() } else { "_OTHER".to_owned() },
            );
        }
    }
}

/// The path as far as it may be told: where the route takes anything, only an id is, for there somebody may have put
/// whatever they like, be it a token or a name.
fn told_path(route: &str, path: &str) -> String {
    let mut places = path.split('/');
    let told = |part| {
        let place = places.next().unwrap_or_default();
        if is_id(place) { place } else { part }
    };
    route.split('/').map(told).collect::<Vec<_>>().join("/")
}

/// Whether a text has the form of an id: two to four letters, an underscore, and 26 characters.
fn is_id(text: &str) -> bool {
    let has_only = |part: &str, allowed: fn(u8) -> bool| part.bytes().all(allowed);
    text.split_once('_').is_some_and(|(kind, digits)| {
        (2..=4).contains(&kind.len())
            && digits.len() == 26
            && has_only(kind, |byte| byte.is_ascii_lowercase())
            && has_only(digits, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// The methods that a span may be named by; others are made up by whoever sends them.
const STANDARD_METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

/// What a span wants of a request that is gone by then. Both are shared with the request.
struct Seen {
    method: Method,
    path: Option<PathAndQuery>,
}

/// Counts a request out however it ends: when this is dropped without an answer, the caller went away.
struct Underway<'a> {
    metrics: &'a Metrics,
    visit: Arc<Visit>,
    answered: bool,
}

impl<'a> Underway<'a> {
    fn new(metrics: &'a Metrics, visit: Arc<Visit>) -> Self {
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
    let mut text = [0_u8; 32];
    HEXLOWER.encode_mut(&id.to_be_bytes(), &mut text);
    // Digits are always a valid value.
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::told_path;

    #[test]
    fn of_a_path_the_route_and_ids_are_told() {
        let id = "ord_01m8abk270eb98ax4stfrkeab8";
        for (route, path, told) in [
            ("/v1/orders/{id}", format!("/v1/orders/{id}"), format!("/v1/orders/{id}")),
            ("/v1/orders/{id}/cancel", format!("/v1/orders/{id}/cancel"), format!("/v1/orders/{id}/cancel")),
            ("/v1/orders/{id}", "/v1/orders/hunter2".into(), "/v1/orders/{id}".into()),
            ("/v1/orders/{id}", format!("/v1/orders/{id}x"), "/v1/orders/{id}".into()),
            ("/v1/orders/{id}", format!("/v1/orders/{}", id.to_uppercase()), "/v1/orders/{id}".into()),
            ("/assets/{*path}", "/assets/a/b".into(), "/assets/{*path}".into()),
            ("/v1/orders", "/v1/orders".into(), "/v1/orders".into()),
        ] {
            assert_eq!(told_path(route, &path), told, "{route} {path}");
        }
    }
}
