//! The codes that this crate raises.

use mainstay_core::{Code, Kind};

pub const BUSY: Code = Code::new(
    "profile.busy",
    Kind::FailedPrecondition,
    "A profile is being taken already",
    "Wait until it ends: two at once would see each other.",
);

pub const UNAVAILABLE: Code = Code::new(
    "profile.unavailable",
    Kind::FailedPrecondition,
    "This process cannot be profiled",
    "The answer says what is missing: the system's permission to read a thread's stack, or an allocator that keeps a profile.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[&BUSY, &UNAVAILABLE];
