//! Which try of a piece of work a call belongs to, so that a retry shows in the callee's trace.

use http::{HeaderMap, HeaderName, HeaderValue};

/// gRPC's own header; it counts the tries before this one.
const HEADER: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");

/// Writes nothing for a first attempt.
pub(crate) fn write(headers: &mut HeaderMap, attempt: u32) {
    if attempt > 1 {
        headers.insert(HEADER, HeaderValue::from(attempt - 1));
    }
}

/// 1 when the header is absent or makes no sense: it is for people who read traces, nothing is decided by it.
pub(crate) fn read(headers: &HeaderMap) -> u32 {
    let previous = headers.get(HEADER).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
    previous.unwrap_or(0).saturating_add(1)
}
