//! Which trace a call belongs to: W3C's `traceparent`.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use mainstay_core::{Result, TraceContext};
use mainstay_telemetry::SpanGuard;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::channel::outcome_of;
use crate::status::{error, label};

const HEADER: HeaderName = HeaderName::from_static("traceparent");

pub(crate) fn write(headers: &mut HeaderMap, trace: TraceContext) {
    if let Ok(value) = HeaderValue::try_from(trace.traceparent()) {
        headers.insert(HEADER, value);
    }
}

/// A new trace, not sampled, when there is none or it is malformed: a call is never refused for its trace.
pub(crate) fn read(headers: &HeaderMap) -> TraceContext {
    let parsed = headers.get(HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    parsed.unwrap_or_else(|| TraceContext::root(false))
}

/// Says what is called, in OpenTelemetry's words for remote calls. The server is a service by its name, wherever it runs.
pub(crate) fn describe(span: &mut SpanGuard, callee: &str, request: &Request<Body>) {
    if span.is_drawn() {
        span.set("rpc.system.name", "grpc");
        span.set("rpc.method", request.uri().path().trim_start_matches('/').to_owned());
        span.set("server.address", callee.to_owned());
    }
}

/// Marks the span as failed when the call is: by its outcome, or by the status in the answer's head.
pub(crate) fn note(span: &mut SpanGuard, outcome: Result<Response<Body>>) -> Result<Response<Body>> {
    if span.is_recording() {
        let ended = match &outcome {
            Ok(response) => outcome_of(response),
            Err(error) => Some(error.kind()),
        };
        if span.is_drawn() {
            span.set("rpc.response.status_code", label(ended).to_ascii_uppercase());
        }
        if let Ok(response) = &outcome
            && let Some(status) = Status::from_header_map(response.headers())
            && status.code() != Code::Ok
        {
            span.fail(&error(status));
        }
    }
    span.note(outcome)
}
