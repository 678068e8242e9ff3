//! The error codes that callers of the contract act on.

use mainstay_core::{Code, Kind};

pub const SESSION_UNKNOWN: Code = Code::new(
    "auth.session_unknown",
    Kind::Unauthenticated,
    "The session is over or was never there",
    "Log in again.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&SESSION_UNKNOWN];
