//! The codes that identity raises.

use mainstay_core::{Code, Kind};

pub const TOKEN_REFUSED: Code = Code::new(
    "identity.token_refused",
    Kind::Unauthenticated,
    "The call's internal token is not valid here",
    "Services sign each call for its callee; check that both share the root key and that their clocks agree.",
);
pub const BAD_SERVICE_NAME: Code = Code::new(
    "identity.bad_service_name",
    Kind::InvalidArgument,
    "This cannot be a service's name",
    "Use one to sixty-four of a-z, 0-9, dot, dash and underscore, such as shop.orders.",
);
pub const CREDENTIAL_REFUSED: Code = Code::new(
    "identity.credential_refused",
    Kind::Unauthenticated,
    "The session is not valid",
    "Log in again, or leave the session out to begin an anonymous one.",
);
pub const ACCESS_TOKEN_REFUSED: Code = Code::new(
    "identity.access_token_refused",
    Kind::Unauthenticated,
    "The access token is not valid here",
    "Get a new one with the refresh token, or log in again.",
);
pub const PASSWORD_TOO_LONG: Code = Code::new(
    "identity.password_too_long",
    Kind::InvalidArgument,
    "The password is too long",
    "Use a password of at most 1,024 bytes.",
);
pub const PASSWORD_RECORD_BROKEN: Code = Code::new(
    "identity.password_record_broken",
    Kind::DataLoss,
    "The stored password record cannot be read",
    "Set the account's password anew.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &TOKEN_REFUSED,
    &BAD_SERVICE_NAME,
    &CREDENTIAL_REFUSED,
    &ACCESS_TOKEN_REFUSED,
    &PASSWORD_TOO_LONG,
    &PASSWORD_RECORD_BROKEN,
];
