//! The codes that uploads raise.

use mainstay_core::{Code, Kind};

pub const UNKNOWN: Code = Code::new(
    "uploads.unknown",
    Kind::NotFound,
    "There is no such upload",
    "Begin a new one. One that nothing came for in a day is forgotten.",
);
pub const OFFSET: Code = Code::new(
    "uploads.offset",
    // Not `Aborted`: the same request cannot succeed, only one from another place.
    Kind::FailedPrecondition,
    "The upload is at another place",
    "Ask where it is (HEAD) and go on from there.",
);
pub const TOO_MANY: Code = Code::new(
    "uploads.too_many",
    Kind::ResourceExhausted,
    "Too many uploads are under way",
    "Go on with one of them or end it, before another is begun.",
);
/// Every code of this crate.
pub const CODES: &[&Code] = &[&UNKNOWN, &OFFSET, &TOO_MANY];
