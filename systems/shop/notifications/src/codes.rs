//! What notifications refuses, and why.

use mainstay_core::{Code, Kind};

pub const UNREADABLE: Code = Code::new(
    "notifications.unreadable_event",
    Kind::InvalidArgument,
    "An event about an order is not complete",
    "Compare the versions of orders and notifications; the event waits with its order's later ones.",
);
pub const TEMPLATE: Code = Code::new(
    "notifications.template",
    Kind::Internal,
    "A template of a mail does not work",
    "Correct the template; the mail is sent when its job is tried again.",
);

/// Every code of this service, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&UNREADABLE, &TEMPLATE];
