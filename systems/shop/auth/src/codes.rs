//! What auth refuses, and why.

use mainstay_core::{Code, Kind};
pub use shop_auth_contracts::codes::SESSION_UNKNOWN;

pub const WRONG_LOGIN: Code = Code::new(
    "auth.wrong_login",
    Kind::Unauthenticated,
    "E-mail address or password is wrong",
    "Check both. Which of the two it is, nobody is told.",
);
pub const EMAIL_TAKEN: Code = Code::new(
    "auth.email_taken",
    Kind::AlreadyExists,
    "There is an account with this e-mail address",
    "Log in, or register with another address.",
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
pub const CODES: &[&Code] =
    &[&SESSION_UNKNOWN, &WRONG_LOGIN, &EMAIL_TAKEN, &UNKNOWN_ACCOUNT, &TOO_MANY_ADDRESSES];
