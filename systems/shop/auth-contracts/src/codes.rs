//! The error codes that callers of the contract act on.

use mainstay_core::{Code, Kind};

pub const SESSION_UNKNOWN: Code = Code::new(
    "auth.session_unknown",
    Kind::Unauthenticated,
    "The session is over or was never there",
    "Log in again.",
);

pub const API_KEY_UNKNOWN: Code = Code::new(
    "auth.api_key_unknown",
    Kind::Unauthenticated,
    "The API key is over or was never there",
    "Make another key, or log in.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&SESSION_UNKNOWN, &API_KEY_UNKNOWN];
