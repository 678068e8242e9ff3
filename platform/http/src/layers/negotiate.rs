//! What can be understood and what can be read: bodies come as they are, in no coding, and who asked for a kind of answer
//! that there is not is told so.
//!
//! A body in a coding is refused and not unpacked: a kilobyte can stand for a gigabyte, and nobody who sends JSON needs
//! it. The kind of an answer is known when it is there, so only reading is refused for it: a change that was made cannot
//! be taken back because its answer has the wrong form.

use axum::response::Response;
use http::Method;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};

use crate::accept::accepts;
use crate::codes::{CONTENT_CODING, NOT_ACCEPTABLE};
use crate::problem::Problem;
use crate::visit::Exchange;

/// Holds the request to what is understood.
pub(super) fn enter(exchange: &mut Exchange) -> Result<(), Problem> {
    let headers = exchange.request.headers();
    let is_plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().any(|value| !is_plain(value)) {
        return Err(CONTENT_CODING.error("a body is sent as it is, without a content-encoding").into());
    }
    let method = &exchange.noted.method;
    if *method == Method::GET || *method == Method::HEAD {
        exchange.noted.accept = headers.get(ACCEPT).filter(|value| value.as_bytes() != b"*/*").cloned();
    }
    Ok(())
}

/// Holds the answer to what is asked for.
pub(super) fn leave(exchange: &mut Exchange, response: &mut Response) -> Result<(), Problem> {
    let Some(accept) = exchange.noted.accept.take() else { return Ok(()) };
    if !response.status().is_success() {
        return Ok(());
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let (Some(kind), Ok(accept)) = (kind, accept.to_str()) else { return Ok(()) };
    if accepts(accept, kind) {
        return Ok(());
    }
    let kind = kind.split(';').next().unwrap_or_default().to_owned();
    Err(NOT_ACCEPTABLE.error(format!("there is only {kind} here")).into())
}
