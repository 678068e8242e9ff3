//! Errors across the wire: the core's into a gRPC status and back, without losing what is public or leaking what is
//! private.
//!
//! Code and title travel as `google.rpc.ErrorInfo`, the retry hint as `RetryInfo`, field errors as `BadRequest`: any
//! gRPC client can read them. The private source stays; [`reply`](crate::reply) logs it where the failure happened.

mod kind;

use std::collections::HashMap;

use mainstay_core::{Error, FieldError, Retry, codes};
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

pub(crate) use kind::{grpc_code, kind_of, label};

use crate::codes::{TOO_LARGE, UNEXPLAINED};

/// `ErrorInfo`'s domain of our own codes: others' reasons are not taken for ours.
const DOMAIN: &str = "mainstay";

const TITLE: &str = "title";

/// A status travels in HTTP/2 headers, where a message is written percent-encoded and a second time in base 64, and
/// both sides take [`HEADER_BYTES_MAX`](crate::transport::HEADER_BYTES_MAX) of headers. So a message is cut at this length,
const MESSAGE_BYTES_MAX: usize = 2_048;
/// and field errors, beyond this many bytes of them, are left out with a word about how many.
const FIELD_BYTES_MAX: usize = 8_192;

/// The status that tells `error` to a caller.
pub fn status(error: &Error) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(
        error.code(),
        DOMAIN,
        HashMap::from([(TITLE.to_owned(), error.title().to_owned())]),
    );
    match error.retry() {
        Retry::Never => {}
        Retry::After(wait) => {
            details.set_retry_info(Some(wait));
        }
    }
    add_fields(&mut details, error.fields());
    let message = cut(error.message(), MESSAGE_BYTES_MAX);
    Status::with_error_details(grpc_code(error.kind()), message, details)
}

/// The error that a caller sees for `status`.
pub fn error(status: Status) -> Error {
    let details = status.get_error_details();
    let Some(info) = details.error_info().filter(|info| info.domain == DOMAIN) else {
        return unexplained(status);
    };
    let Some(kind) = kind_of(status.code()) else { return unexplained(status) };
    let retry = match details.retry_info().and_then(|info| info.retry_delay) {
        Some(wait) => Retry::After(wait),
        None => Retry::Never,
    };
    let fields = details.bad_request().map_or_else(Vec::new, |bad| {
        let violations = bad.field_violations.iter();
        let field =
            |path: &String, message: &String| FieldError { path: path.clone(), message: message.clone() };
        violations.map(|violation| field(&violation.field, &violation.description)).collect()
    });
    let title = info.metadata.get(TITLE).cloned().unwrap_or_default();
    Error::from_parts(kind, info.reason.clone(), title, status.message().to_owned(), retry, fields)
}

/// A status that none of our services made: by the gRPC library, a proxy, a foreign server. Its words are not ours to
/// show, so they become the private source.
fn unexplained(status: Status) -> Error {
    let (code, message) = match status.code() {
        tonic::Code::Ok | tonic::Code::Unknown => (&UNEXPLAINED, "a peer failed without saying why"),
        tonic::Code::Cancelled => (&codes::CANCELLED, "the call was ended before its answer"),
        tonic::Code::InvalidArgument => (&codes::INVALID, "a peer found the request malformed"),
        tonic::Code::DeadlineExceeded => (&codes::DEADLINE, "a peer did not answer in time"),
        tonic::Code::NotFound => (&codes::NOT_FOUND, "a peer did not find it"),
        tonic::Code::AlreadyExists => (&codes::EXISTS, "a peer has it already"),
        tonic::Code::PermissionDenied => (&codes::FORBIDDEN, "a peer refused it"),
        tonic::Code::ResourceExhausted => (&codes::OVERLOADED, "a peer has too much to do"),
        tonic::Code::FailedPrecondition => (&codes::PRECONDITION, "a peer's state does not allow it"),
        tonic::Code::Aborted => (&codes::CONFLICT, "a peer saw somebody else change it first"),
        // Ours always say more: this is the library's word for a message beyond its limit, on either side.
        tonic::Code::OutOfRange => (&TOO_LARGE, "a message passes the limit of 4 MiB"),
        tonic::Code::Unimplemented => (&codes::UNIMPLEMENTED, "a peer does not know this call"),
        tonic::Code::Internal => (&codes::INTERNAL, "something is broken in a peer"),
        tonic::Code::Unavailable => (&codes::UNAVAILABLE, "a peer cannot be reached"),
        tonic::Code::DataLoss => (&codes::DATA_LOSS, "a peer cannot read its data"),
        tonic::Code::Unauthenticated => (&codes::UNAUTHENTICATED, "a peer does not know who asks"),
    };
    code.because(message, status)
}

fn add_fields(details: &mut ErrorDetails, fields: &[FieldError]) {
    let mut room = FIELD_BYTES_MAX;
    for (place, field) in fields.iter().enumerate() {
        let size = field.path.len() + field.message.len();
        let Some(left) = room.checked_sub(size) else {
            details.add_bad_request_violation("", format!("and {} more", fields.len() - place));
            return;
        };
        room = left;
        details.add_bad_request_violation(&field.path, &field.message);
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

#[cfg(test)]
mod tests;
