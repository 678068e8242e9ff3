//! The codes that notifications raise.

use mainstay_core::{Code, Kind};

pub const BAD_ADDRESS: Code = Code::new(
    "notify.bad_address",
    Kind::InvalidArgument,
    "This is not an address that mail can be sent to",
    "Write one address, such as name@example.org.",
);
pub const BAD_MESSAGE: Code = Code::new(
    "notify.bad_message",
    Kind::InvalidArgument,
    "The message cannot be sent as it is",
    "Keep the subject on one line and both parts below their limits.",
);
pub const UNDELIVERED: Code = Code::new(
    "notify.undelivered",
    Kind::Unavailable,
    "The message could not be handed over",
    "Send it again with the same id; if it was delivered after all, nothing new is.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&BAD_ADDRESS, &BAD_MESSAGE, &UNDELIVERED];
