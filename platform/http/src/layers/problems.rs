//! Turns every refusal into problem+json, and logs a failure once, here, where it is handled.

use axum::response::Response;
use http::StatusCode;
use http::header::{ALLOW, CONTENT_RANGE, CONTENT_TYPE};
use mainstay_core::{Kind, codes};

use crate::codes::{BODY_TOO_LARGE, METHOD_NOT_ALLOWED, REFUSED};
use crate::problem::Problem;
use crate::tus::{TUS_RESUMABLE, TUS_VERSION};
use crate::visit::Visit;

/// Answers for whoever refused.
pub(super) fn answer(outcome: Result<Response, Problem>, visit: &Visit) -> Response {
    match outcome {
        Ok(response) if response.status().as_u16() < 400 => response,
        Ok(response) => refused_within(response, visit),
        Err(problem) => refused(problem, visit),
    }
}

/// The routes answered with a failure: a problem of a handler, or a bare status of the router.
fn refused_within(mut response: Response, visit: &Visit) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return merge(refused(problem, visit), response);
    }
    let is_bare = match response.headers().get(CONTENT_TYPE) {
        None => true,
        // What axum's own refusals look like; an answer that a handler made has a telling type.
        Some(media_type) => media_type.as_bytes().starts_with(b"text/plain"),
    };
    if !is_bare {
        return response;
    }
    let problem = match response.status() {
        StatusCode::NOT_FOUND => codes::NOT_FOUND.error("nothing has that address"),
        StatusCode::METHOD_NOT_ALLOWED => METHOD_NOT_ALLOWED.error("the address does not take that method"),
        StatusCode::PAYLOAD_TOO_LARGE => BODY_TOO_LARGE.error("the body is longer than is taken here"),
        status if status.is_server_error() => codes::INTERNAL.error("the answer could not be made"),
        _ => REFUSED.error("the request cannot be used as it is"),
    };
    merge(refused(problem.into(), visit), response)
}

/// Keeps what the refused answer said beside its body: sessions, which methods are allowed, how large it is, and how uploads are spoken of.
fn merge(mut rendered: Response, original: Response) -> Response {
    let (mut parts, _) = original.into_parts();
    for name in [ALLOW, CONTENT_RANGE, TUS_RESUMABLE, TUS_VERSION] {
        if let Some(value) = parts.headers.remove(&name) {
            rendered.headers_mut().insert(name, value);
        }
    }
    for (name, value) in crate::session::remaining(&parts.headers) {
        rendered.headers_mut().append(name, value);
    }
    rendered
}

fn refused(problem: Problem, visit: &Visit) -> Response {
    log(&problem, visit);
    let mut response = problem.render(Some(visit.trace.trace_id));
    // The outermost layer marks the span with it.
    response.extensions_mut().insert(problem);
    response
}

fn log(problem: &Problem, visit: &Visit) {
    let error = problem.error();
    let trace = format_args!("{:032x}", visit.trace.trace_id);
    let route = visit.route_name();
    match error.kind() {
        Kind::Unknown | Kind::Internal | Kind::DataLoss => {
            tracing::error!(route, %trace, error = error.chain(), "a request failed");
        }
        Kind::Unavailable | Kind::DeadlineExceeded => {
            tracing::warn!(route, %trace, error = error.chain(), "a request could not be served");
        }
        Kind::Cancelled
        | Kind::InvalidArgument
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::ResourceExhausted
        | Kind::FailedPrecondition
        | Kind::Aborted
        | Kind::OutOfRange
        | Kind::Unimplemented
        | Kind::Unauthenticated => {
            tracing::debug!(route, %trace, error = error.chain(), "a request was refused");
        }
    }
}
