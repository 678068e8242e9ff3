//! Which trace a call belongs to: W3C's `traceparent`.

use http::{HeaderMap, HeaderName, HeaderValue, Response};
use mainstay_core::{Result, TraceContext};
use mainstay_telemetry::SpanGuard;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::status::error;

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

/// Marks the span as failed when the call is: by its outcome, or by the status in the answer's head.
pub(crate) fn note(span: &mut SpanGuard, outcome: Result<Response<Body>>) -> Result<Response<Body>> {
    if span.is_recording()
        && let Ok(response) = &outcome
        && let Some(status) = Status::from_header_map(response.headers())
        && status.code() != Code::Ok
    {
        span.fail(&error(status));
    }
    span.note(outcome)
}
