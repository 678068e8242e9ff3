//! What payments refuses, and why.

use mainstay_core::{Code, Kind};
pub use shop_payments_contracts::codes::{DECLINED, UNKNOWN_PAYMENT, VOIDED};

pub const NOT_AUTHORISED: Code = Code::new(
    "payments.not_authorised",
    Kind::FailedPrecondition,
    "The payment is not authorised yet",
    "Wait until the buyer has passed the challenge.",
);
pub const NOT_CAPTURED: Code = Code::new(
    "payments.not_captured",
    Kind::FailedPrecondition,
    "The payment is not captured",
    "Void what is only authorised; refund what is captured.",
);
pub const EXCEEDS: Code = Code::new(
    "payments.exceeds",
    Kind::FailedPrecondition,
    "More would be given back than was taken",
    "All refunds of a payment together are at most what was captured.",
);
pub const ID_REUSED: Code = Code::new(
    "payments.id_reused",
    Kind::AlreadyExists,
    "The id belongs to another request",
    "Use a new id for a new payment or refund, and the same amount with the same id.",
);
pub const REFUND_REFUSED: Code = Code::new(
    "payments.refund_refused",
    Kind::FailedPrecondition,
    "The provider refused the refund",
    "Look at the charge at the provider; refund by another way.",
);
pub const PROVIDER_UNKNOWN: Code = Code::new(
    "payments.provider_outcome_unknown",
    Kind::Unavailable,
    "The provider's answer is not known",
    "Ask again with the same id: the provider is asked what became of it before anything is repeated.",
);
pub const PROVIDER_REFUSED: Code = Code::new(
    "payments.provider_refused",
    Kind::FailedPrecondition,
    "The provider refused the request",
    "Look at the charge at the provider; its status does not allow that.",
);
pub const PROVIDER_BROKEN: Code = Code::new(
    "payments.provider_broken",
    Kind::Internal,
    "The provider does not keep to its contract",
    "Compare the adapter with the provider's present documentation; look at the log for what it said.",
);
pub const MISMATCH: Code = Code::new(
    "payments.mismatch",
    Kind::DataLoss,
    "The provider and we do not mean the same charge",
    "Run `mainstay shop reconcile` and look at the difference that it names.",
);
pub const UNSETTLED: Code = Code::new(
    "payments.unsettled",
    Kind::Aborted,
    "The provider has still to let go of the money",
    "Nothing to do: it is tried again until it is done.",
);
pub const SIGNATURE: Code = Code::new(
    "payments.webhook_signature",
    Kind::Unauthenticated,
    "The webhook is not signed by the provider",
    "Compare the webhook secret here with the provider's, and the clocks of both.",
);
pub const WEBHOOK: Code = Code::new(
    "payments.webhook_unreadable",
    Kind::InvalidArgument,
    "The webhook cannot be read",
    "Compare the adapter with the provider's present documentation.",
);
pub const KEPT_FULL: Code = Code::new(
    "payments.webhooks_full",
    Kind::ResourceExhausted,
    "Too many webhooks about payments that nobody knows",
    "Check whether the provider's webhooks are meant for another shop; they are sent again.",
);
pub const UNBALANCED: Code = Code::new(
    "payments.ledger_unbalanced",
    Kind::DataLoss,
    "The ledger would not add up",
    "The change was refused. Report it: money must not be booked one-sided.",
);
pub const TOO_MANY: Code = Code::new(
    "payments.reconcile_too_many",
    Kind::OutOfRange,
    "There are too many charges to compare at once",
    "Give a later moment from which to compare.",
);

/// Every code of this service that its contract does not declare, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &NOT_AUTHORISED,
    &NOT_CAPTURED,
    &EXCEEDS,
    &ID_REUSED,
    &REFUND_REFUSED,
    &PROVIDER_UNKNOWN,
    &PROVIDER_REFUSED,
    &PROVIDER_BROKEN,
    &MISMATCH,
    &UNSETTLED,
    &SIGNATURE,
    &WEBHOOK,
    &KEPT_FULL,
    &UNBALANCED,
    &TOO_MANY,
];
