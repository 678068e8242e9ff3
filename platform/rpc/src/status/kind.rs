//! Kinds are gRPC's canonical codes, so the mapping is one to one.

use mainstay_core::Kind;
use tonic::Code;

pub(crate) fn grpc_code(kind: Kind) -> Code {
    match kind {
        Kind::Cancelled => Code::Cancelled,
        Kind::Unknown => Code::Unknown,
        Kind::InvalidArgument => Code::InvalidArgument,
        Kind::DeadlineExceeded => Code::DeadlineExceeded,
        Kind::NotFound => Code::NotFound,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::PermissionDenied => Code::PermissionDenied,
        Kind::ResourceExhausted => Code::ResourceExhausted,
        Kind::FailedPrecondition => Code::FailedPrecondition,
        Kind::Aborted => Code::Aborted,
        Kind::OutOfRange => Code::OutOfRange,
        Kind::Unimplemented => Code::Unimplemented,
        Kind::Internal => Code::Internal,
        Kind::Unavailable => Code::Unavailable,
        Kind::DataLoss => Code::DataLoss,
        Kind::Unauthenticated => Code::Unauthenticated,
    }
}

/// `None` for success.
pub(crate) fn kind_of(code: Code) -> Option<Kind> {
    Some(match code {
        Code::Ok => return None,
        Code::Cancelled => Kind::Cancelled,
        Code::Unknown => Kind::Unknown,
        Code::InvalidArgument => Kind::InvalidArgument,
        Code::DeadlineExceeded => Kind::DeadlineExceeded,
        Code::NotFound => Kind::NotFound,
        Code::AlreadyExists => Kind::AlreadyExists,
        Code::PermissionDenied => Kind::PermissionDenied,
        Code::ResourceExhausted => Kind::ResourceExhausted,
        Code::FailedPrecondition => Kind::FailedPrecondition,
        Code::Aborted => Kind::Aborted,
        Code::OutOfRange => Kind::OutOfRange,
        Code::Unimplemented => Kind::Unimplemented,
        Code::Internal => Kind::Internal,
        Code::Unavailable => Kind::Unavailable,
        Code::DataLoss => Kind::DataLoss,
        Code::Unauthenticated => Kind::Unauthenticated,
    })
}

/// The word for an outcome in a metric's label.
pub(crate) fn label(outcome: Option<Kind>) -> &'static str {
    match outcome {
        None => "ok",
        Some(Kind::Cancelled) => "cancelled",
        Some(Kind::Unknown) => "unknown",
        Some(Kind::InvalidArgument) => "invalid_argument",
        Some(Kind::DeadlineExceeded) => "deadline_exceeded",
        Some(Kind::NotFound) => "not_found",
        Some(Kind::AlreadyExists) => "already_exists",
        Some(Kind::PermissionDenied) => "permission_denied",
        Some(Kind::ResourceExhausted) => "resource_exhausted",
        Some(Kind::FailedPrecondition) => "failed_precondition",
        Some(Kind::Aborted) => "aborted",
        Some(Kind::OutOfRange) => "out_of_range",
        Some(Kind::Unimplemented) => "unimplemented",
        Some(Kind::Internal) => "internal",
        Some(Kind::Unavailable) => "unavailable",
        Some(Kind::DataLoss) => "data_loss",
        Some(Kind::Unauthenticated) => "unauthenticated",
    }
}
