//! Why the provider refuses.

use mainstay_core::{Code, Kind};

pub const KEY: Code = Code::new(
    "test_provider.api_key",
    Kind::Unauthenticated,
    "The API key is not right",
    "Send `Authorization: Bearer <key>` with the key that the server was started with.",
);
pub const INPUT: Code = Code::new(
    "test_provider.input",
    Kind::InvalidArgument,
    "The request cannot be read",
    "Send the fields that the message names.",
);
pub const UNKNOWN: Code = Code::new(
    "test_provider.unknown",
    Kind::NotFound,
    "There is no such charge or operation",
    "Check the reference or the key; what timed out may not have arrived.",
);
pub const STATUS: Code = Code::new(
    "test_provider.status",
    Kind::FailedPrecondition,
    "The charge's status does not allow that",
    "Ask for the charge: the answer names its status.",
);
pub const AMOUNT: Code = Code::new(
    "test_provider.amount",
    Kind::OutOfRange,
    "The amount is not possible",
    "Refunds of a charge add up to no more than was captured.",
);
pub const KEY_REUSED: Code = Code::new(
    "test_provider.key_reused",
    Kind::AlreadyExists,
    "The idempotency key belongs to another operation",
    "Use a new key for a new operation, and the same body with the same key.",
);
