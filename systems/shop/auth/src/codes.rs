//! What auth refuses, and why.

use mainstay_core::{Code, Kind};
pub use shop_auth_contracts::codes::{API_KEY_UNKNOWN, SESSION_UNKNOWN};

pub const WRONG_LOGIN: Code = Code::new(
    "auth.wrong_login",
    Kind::Unauthenticated,
    "E-mail address or password is wrong",
    "Check both. Which of the two it is, nobody is told.",
);
pub const SLOW_DOWN: Code = Code::new(
    "auth.slow_down",
    Kind::ResourceExhausted,
    "There were too many wrong logins",
    "Wait as long as Retry-After says, or set the password anew by mail.",
);
pub const LINK_REFUSED: Code = Code::new(
    "auth.link_refused",
    Kind::NotFound,
    "What was mailed does not hold, or not with this password",
    "It holds for a short time and once. Ask for a new mail.",
);
pub const REFRESH_REFUSED: Code = Code::new(
    "auth.refresh_refused",
    Kind::Unauthenticated,
    "The refresh token does not hold",
    "Log in again. A refresh token holds once: one that was shown a second time ends the login that it came from.",
);
pub const UNKNOWN_SESSION: Code = Code::new(
    "auth.unknown_session",
    Kind::NotFound,
    "There is no such session of yours",
    "List your sessions; it may have ended by itself.",
);
pub const UNKNOWN_API_KEY: Code = Code::new(
    "auth.unknown_api_key",
    Kind::NotFound,
    "There is no such API key of yours",
    "List your keys; it may have been revoked.",
);
pub const TOO_MANY_API_KEYS: Code = Code::new(
    "auth.too_many_api_keys",
    Kind::FailedPrecondition,
    "There are as many API keys as an account may have",
    "Revoke one that is not needed any more.",
);
pub const UNKNOWN_ACCOUNT: Code =
    Code::new("auth.unknown_account", Kind::NotFound, "There is no such account", "Check the account's id.");
pub const TOO_MANY_ADDRESSES: Code = Code::new(
    "auth.too_many_addresses",
    Kind::FailedPrecondition,
    "The address book is full",
    "Delete an address that is not needed any more.",
);

/// Every code of this service, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &SESSION_UNKNOWN,
    &API_KEY_UNKNOWN,
    &WRONG_LOGIN,
    &SLOW_DOWN,
    &LINK_REFUSED,
    &REFRESH_REFUSED,
    &UNKNOWN_SESSION,
    &UNKNOWN_API_KEY,
    &TOO_MANY_API_KEYS,
    &UNKNOWN_ACCOUNT,
    &TOO_MANY_ADDRESSES,
];
