//! The codes that this crate raises. Both say that nothing was sent, so the outcome is known: not done.

use mainstay_core::{Code, Kind};

pub const BREAKER_OPEN: Code = Code::new(
    "resilience.breaker_open",
    Kind::ResourceExhausted,
    "The other side failed too often and is left alone for a while",
    "Wait as long as the retry hint says; nothing was sent.",
);
pub const BULKHEAD_FULL: Code = Code::new(
    "resilience.bulkhead_full",
    Kind::ResourceExhausted,
    "Too many calls to the other side are under way",
    "Wait as long as the retry hint says; nothing was sent.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[&BREAKER_OPEN, &BULKHEAD_FULL];
