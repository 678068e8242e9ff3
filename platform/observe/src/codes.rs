//! The codes that this crate raises.

use mainstay_core::{Code, Kind};

pub const NO_SUCH_TRACE: Code = Code::new(
    "observe.no_such_trace",
    Kind::NotFound,
    "The store has no such trace",
    "It was neither drawn nor slow nor failed, or it is older than the store keeps. Look for it with `mainstay traces list`.",
);

pub const BAD_SEARCH: Code = Code::new(
    "observe.bad_search",
    Kind::InvalidArgument,
    "The search cannot be understood",
    "Write it as the answer says.",
);

pub const TOO_MANY_TAILS: Code = Code::new(
    "observe.too_many_tails",
    Kind::ResourceExhausted,
    "Too many follow the store already",
    "End one of the tails that are open.",
);

pub const NOT_RECEIVING: Code = Code::new(
    "observe.not_receiving",
    Kind::InvalidArgument,
    "The address for OTLP cannot be listened on",
    "Change telemetry.receive to a free address of this machine.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[&NO_SUCH_TRACE, &BAD_SEARCH, &TOO_MANY_TAILS, &NOT_RECEIVING];
