//! The error codes that orders raise.

use mainstay_core::{Code, Kind};

pub const PRICES_CHANGED: Code = Code::new(
    "orders.prices_changed",
    Kind::FailedPrecondition,
    "The price is not what the buyer saw",
    "Show the cart anew and let the buyer decide again.",
);
pub const PAYMENT_TIMEOUT: Code = Code::new(
    "orders.payment_timeout",
    Kind::FailedPrecondition,
    "The payment was not completed in time",
    "The goods were released and nothing is charged; start a new checkout with a new key.",
);
pub const PAYMENT_DECLINED: Code = Code::new(
    "orders.payment_declined",
    Kind::FailedPrecondition,
    "The payment was declined",
    "Choose another means of payment and start a new checkout with a new key.",
);
pub const NOT_PAID: Code = Code::new(
    "orders.not_paid",
    Kind::Aborted,
    "The order is not paid yet",
    "Wait a moment; what is still being captured cannot be given back.",
);
pub const REFUND_REFUSED: Code = Code::new(
    "orders.refund_refused",
    Kind::FailedPrecondition,
    "That cannot be refunded",
    "Look at what was paid and what has been given back; the message says what is left.",
);
/// Every code of this service, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] =
    &[&PRICES_CHANGED, &PAYMENT_TIMEOUT, &PAYMENT_DECLINED, &NOT_PAID, &REFUND_REFUSED];
