//! Errors as HTTP answers: the status of each kind, and the body of RFC 9457.
//!
//! A handler returns `Result<_, Problem>` and uses `?` on [`mainstay_core::Error`]. The private source of an error goes
//! no further than the log, which the layers write once.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use mainstay_blobs::codes as blobs;
use mainstay_core::{Code, Error, FieldError, Kind, Retry, codes as core};
use mainstay_resilience::codes as resilience;
use mainstay_sql::codes as sql;
use schemars::JsonSchema;
use serde::Serialize;

use crate::codes;

/// The media type of every refusal.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Where the pages of the codes are; the `type` of a problem is this and the code.
pub const PAGES: &str = "/problems/";

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub struct Problem {
    error: Arc<Error>,
    /// A bearer token was sent and proves nothing.
    token_refused: bool,
}

/// The body of a refusal, by RFC 9457.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Document<'a> {
    /// The page that says what happened and what to do: `/problems/` and the code.
    r#type: String,
    /// What happened, in words that fit every occurrence.
    title: &'a str,
    status: u16,
    /// What happened this time.
    detail: &'a str,
    /// What a program decides by. It never changes its meaning.
    code: &'a str,
    /// What is wrong with each field of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault<'a>>,
    /// When asking again may help: after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// Names the request in our logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
}

/// What is wrong with one field.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fault")]
pub(crate) struct Fault<'a> {
    /// The place in the body, as a JSON pointer such as `/lines/0/quantity`, or the parameter, such as `/limit`.
    pointer: Cow<'a, str>,
    message: &'a str,
}

impl<'a> Fault<'a> {
    fn of(error: &'a FieldError) -> Self {
        Self { pointer: pointer(&error.path), message: &error.message }
    }
}

/// Within the house places are written like `lines[0].quantity`; what the schema found is a pointer already.
fn pointer(path: &str) -> Cow<'_, str> {
    if path.is_empty() || path.starts_with('/') {
        return Cow::Borrowed(path);
    }
    let slashed = path.replace('~', "~0").replace('/', "~1").replace(['.', '['], "/").replace(']', "");
    // A list that is the whole body begins with a bracket, which is a slash by now.
    Cow::Owned(if slashed.starts_with('/') { slashed } else { format!("/{slashed}") })
}

impl Problem {
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Why a bearer token was refused.
    pub(crate) fn of_token(error: Error) -> Self {
        let token_refused = error.kind() == Kind::Unauthenticated;
        Self { error: Arc::new(error), token_refused }
    }

    pub fn status(&self) -> StatusCode {
        status_of(&self.error)
    }

    /// The answer, with the trace that the reader can quote when it is known.
    pub(crate) fn render(&self, trace_id: Option<u128>) -> Response {
        let error = &*self.error;
        let status = status_of(error);
        let retry_after = match error.retry() {
            Retry::Never => None,
            Retry::After(wait) => Some(wait),
        };
        let document = Document {
            r#type: format!("{PAGES}{}", error.code()),
            title: error.title(),
            status: status.as_u16(),
            detail: error.message(),
            code: error.code(),
            errors: error.fields().iter().map(Fault::of).collect(),
            retry_after_ms: retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            trace: trace_id.map(|id| format!("{id:032x}")),
        };
        // Strings and numbers always serialise; an empty body would still carry the status.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(axum::body::Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(wait) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds_rounded_up(wait)));
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750, 3.1: a program that sent a token learns that another one is needed.
            let challenge = if self.token_refused { "Bearer error=\"invalid_token\"" } else { "Bearer" };
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// What a refusal with this code looks like.
pub(crate) fn example(code: &Code) -> serde_json::Value {
    let error = code.error(code.title);
    let retry = match error.retry() {
        Retry::Never => None,
        Retry::After(wait) => u64::try_from(wait.as_millis()).ok(),
    };
    let faults = [
        (&codes::BODY_INVALID, "/lines/0/quantity", "is less than 1"),
        (&codes::QUERY_INVALID, "/limit", "is more than 100"),
    ];
    let errors = faults
        .into_iter()
        .filter(|(of, ..)| of.name == code.name)
        .map(|(_, pointer, message)| Fault { pointer: pointer.into(), message })
        .collect();
    let document = Document {
        r#type: format!("{PAGES}{}", code.name),
        title: code.title,
        status: status_of_code(code).as_u16(),
        detail: code.title,
        code: code.name,
        errors,
        retry_after_ms: retry,
        trace: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
    };
    serde_json::to_value(document).unwrap_or_default()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self { error: Arc::new(error), token_refused: false }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.render(None);
        // The layers find it here, log it, and render it again with the trace.
        response.extensions_mut().insert(self);
        response
    }
}

// Retry-After knows whole seconds only; earlier than the hint would be too early.
fn seconds_rounded_up(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// The status of an error: that of its code where HTTP has a more telling one, else that of its kind.
pub fn status_of(error: &Error) -> StatusCode {
    status_of_name(error.code(), error.kind())
}

/// The status of every error of a code, unless one was made of it with another kind.
pub fn status_of_code(code: &Code) -> StatusCode {
    status_of_name(code.name, code.kind)
}

/// Whether a code tells that there is too much to do here, or for somebody whom we ask, and that nothing was done.
pub(crate) fn is_busy(name: &str) -> bool {
    let busy = [&codes::OVERLOADED, &core::OVERLOADED, &resilience::BREAKER_OPEN, &resilience::BULKHEAD_FULL];
    busy.iter().any(|code| code.name == name)
}

fn status_of_name(name: &str, kind: Kind) -> StatusCode {
    let of_code = [
        (&codes::BODY_INVALID, StatusCode::UNPROCESSABLE_ENTITY),
        (&codes::BODY_TOO_LARGE, StatusCode::PAYLOAD_TOO_LARGE),
        (&codes::BODY_TOO_SLOW, StatusCode::REQUEST_TIMEOUT),
        (&codes::BODY_BROKEN, StatusCode::BAD_REQUEST),
        (&codes::HEAD_TOO_LARGE, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        (&codes::HEAD_TOO_SLOW, StatusCode::REQUEST_TIMEOUT),
        (&codes::URI_TOO_LONG, StatusCode::URI_TOO_LONG),
        (&codes::CONTENT_CODING, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (&codes::NOT_ACCEPTABLE, StatusCode::NOT_ACCEPTABLE),
        (&codes::MEDIA_TYPE, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (&codes::METHOD_NOT_ALLOWED, StatusCode::METHOD_NOT_ALLOWED),
        (&codes::IDEMPOTENCY_MISMATCH, StatusCode::UNPROCESSABLE_ENTITY),
        (&codes::CONDITION_REQUIRED, StatusCode::PRECONDITION_REQUIRED),
        (&codes::CONDITION_FAILED, StatusCode::PRECONDITION_FAILED),
        (&codes::TUS_VERSION, StatusCode::PRECONDITION_FAILED),
    ];
    // These are exhausted on our side: the caller did nothing too often, which 429 would say.
    if is_busy(name) {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    if name == sql::FULL.name || name == blobs::FULL.name {
        return StatusCode::INSUFFICIENT_STORAGE;
    }
    if name == blobs::TOO_LARGE.name {
        return StatusCode::PAYLOAD_TOO_LARGE;
    }
    if name == blobs::RANGE.name {
        return StatusCode::RANGE_NOT_SATISFIABLE;
    }
    if name.starts_with("http.")
        && let Some((_, status)) = of_code.iter().find(|(code, _)| code.name == name)
    {
        return *status;
    }
    status_of_kind(kind)
}

/// The one mapping from kinds to statuses.
pub const fn status_of_kind(kind: Kind) -> StatusCode {
    match kind {
        // The caller will hardly read it. 499 is nginx's, and not a constant anywhere.
        Kind::Cancelled => match StatusCode::from_u16(499) {
            Ok(status) => status,
            Err(_) => StatusCode::BAD_REQUEST,
        },
        Kind::InvalidArgument | Kind::OutOfRange => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::PermissionDenied => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::AlreadyExists | Kind::FailedPrecondition | Kind::Aborted => StatusCode::CONFLICT,
        Kind::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unknown | Kind::Internal | Kind::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
        Kind::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_pointers() {
        for (path, expected) in [
            ("", ""),
            ("email", "/email"),
            ("prices[3].tax_class", "/prices/3/tax_class"),
            ("/lines/0", "/lines/0"),
            ("[0][1].name", "/0/1/name"),
            ("a~b", "/a~0b"),
        ] {
            assert_eq!(pointer(path), expected);
        }
    }
}
