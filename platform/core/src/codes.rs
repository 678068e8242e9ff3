//! The codes that any crate may raise. What is particular to a capability or a service has codes of its own there.

use crate::error::{Code, Kind};

pub const INVALID: Code = Code::new(
    "core.invalid",
    Kind::InvalidArgument,
    "The request is not valid",
    "Correct the fields that the answer names and send it again.",
);
pub const NOT_FOUND: Code = Code::new(
    "core.not_found",
    Kind::NotFound,
    "There is no such thing",
    "Check the address. What is not yours looks as if it did not exist.",
);
pub const CONFLICT: Code = Code::new(
    "core.conflict",
    Kind::Aborted,
    "Somebody else changed it first",
    "Read it again and repeat the change on what is there now.",
);
pub const EXISTS: Code = Code::new(
    "core.exists",
    Kind::AlreadyExists,
    "It exists already",
    "Use the one that exists, or choose another name.",
);
pub const PRECONDITION: Code = Code::new(
    "core.precondition",
    Kind::FailedPrecondition,
    "Its state does not allow that",
    "Look at its present state; the message says what stands in the way.",
);
pub const UNAUTHENTICATED: Code = Code::new(
    "core.unauthenticated",
    Kind::Unauthenticated,
    "Who are you?",
    "Log in, or send a valid session or token.",
);
pub const FORBIDDEN: Code = Code::new(
    "core.forbidden",
    Kind::PermissionDenied,
    "You may not do that",
    "Ask somebody who may, or log in as such a person.",
);
pub const OVERLOADED: Code = Code::new(
    "core.overloaded",
    Kind::ResourceExhausted,
    "Too much at once",
    "Wait as long as the retry hint says and send it again; nothing was done.",
);
pub const UNAVAILABLE: Code = Code::new(
    "core.unavailable",
    Kind::Unavailable,
    "A part of the system cannot be reached",
    "Ask again with the same idempotency key; the outcome is not known.",
);
pub const DEADLINE: Code = Code::new(
    "core.deadline",
    Kind::DeadlineExceeded,
    "It took too long",
    "Ask again with the same idempotency key; the outcome is not known.",
);
pub const CANCELLED: Code = Code::new(
    "core.cancelled",
    Kind::Cancelled,
    "The caller went away",
    "Ask again with the same idempotency key; the outcome is not known.",
);
pub const INTERNAL: Code = Code::new(
    "core.internal",
    Kind::Internal,
    "Something is broken on our side",
    "Report it with the trace id of the answer.",
);
pub const UNIMPLEMENTED: Code = Code::new(
    "core.unimplemented",
    Kind::Unimplemented,
    "This cannot be done here",
    "Look at the capabilities of the engine or the version in use.",
);
pub const DATA_LOSS: Code = Code::new(
    "core.data_loss",
    Kind::DataLoss,
    "Stored data cannot be read",
    "Report it with the trace id of the answer; the data needs a person.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &INVALID,
    &NOT_FOUND,
    &CONFLICT,
    &EXISTS,
    &PRECONDITION,
    &UNAUTHENTICATED,
    &FORBIDDEN,
    &OVERLOADED,
    &UNAVAILABLE,
    &DEADLINE,
    &CANCELLED,
    &INTERNAL,
    &UNIMPLEMENTED,
    &DATA_LOSS,
];
