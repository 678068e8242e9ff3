//! Which trace a call belongs to: W3C's `traceparent`.

use http::{HeaderMap, HeaderName, HeaderValue};
use mainstay_core::TraceContext;

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
