//! The error codes that callers of the contract act on.

use mainstay_core::{Code, Kind};

pub const DECLINED: Code = Code::new(
    "payments.declined",
    Kind::FailedPrecondition,
    "The payment was declined",
    "Try another means of payment, or ask the bank.",
);

pub const VOIDED: Code = Code::new(
    "payments.voided",
    Kind::FailedPrecondition,
    "The payment was let go",
    "Begin the checkout again; a payment that was let go is not taken up again.",
);

pub const UNKNOWN_PAYMENT: Code = Code::new(
    "payments.unknown_payment",
    Kind::NotFound,
    "There is no such payment",
    "Check the id. A payment exists from its first Authorise or Void on.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&DECLINED, &VOIDED, &UNKNOWN_PAYMENT];
