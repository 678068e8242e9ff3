//! What can be understood and what can be read: bodies come as they are, in no coding, and who asked for a kind of answer
//! that there is not is told so.
//!
//! A body in a coding is refused and not unpacked: a kilobyte can stand for a gigabyte, and nobody who sends JSON needs
//! it. The kind of an answer is known when it is there, so only reading is refused for it: a change that was made cannot
//! be taken back because its answer has the wrong form.

use axum::response::Response;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::accept::accepts;
use crate::codes::{CONTENT_CODING, NOT_ACCEPTABLE};
use crate::layers::conditional::whole;
use crate::problem::Problem;
use crate::visit::Exchange;

/// What an answer with links is, for whoever asks for that.
const HAL: &str = "application/hal+json";

/// Holds the request to what is understood.
pub(super) fn enter(exchange: &mut Exchange) -> Result<(), Problem> {
    let headers = exchange.request.headers();
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
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
    if kind == "application/json" && accepts(accept, HAL) && has_links(response) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HAL));
        return Ok(());
    }
    Err(NOT_ACCEPTABLE.error(format!("there is only {kind} here")).into())
}

/// Whether the whole of a document of JSON has links. Only one that is small is looked at, and only for a caller who could
/// not read it otherwise.
fn has_links(response: &mut Response) -> bool {
    #[derive(Deserialize)]
    struct Linked {
        _links: IgnoredAny,
    }
    whole(response).is_some_and(|bytes| serde_json::from_slice::<Linked>(&bytes).is_ok())
}
