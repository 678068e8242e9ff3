//! The codes that events raise.

use mainstay_core::{Code, Kind};

pub const TOO_LARGE: Code = Code::new(
    "events.too_large",
    Kind::InvalidArgument,
    "The event is too large",
    "Put the large part where its readers can fetch it, and its address into the event.",
);
pub const UNREADABLE: Code = Code::new(
    "events.unreadable",
    Kind::DataLoss,
    "The event's bytes are not what its type says",
    "Look at the dead letter's bytes and at the producer's version, then replay or skip it.",
);
pub const HISTORY_PRUNED: Code = Code::new(
    "events.history_pruned",
    Kind::DataLoss,
    "The producer no longer keeps events that this consumer has not seen",
    "Rebuild what the consumer keeps from the producer's own interface, then move the consumer's position past the gap.",
);
pub const HISTORY_REWOUND: Code = Code::new(
    "events.history_rewound",
    Kind::DataLoss,
    "The producer's log ends before what this consumer has seen",
    "The producer's database was put back to an earlier state. Compare the two, then move the consumer's position.",
);
pub const HANDLER_PANICKED: Code = Code::new(
    "events.handler_panicked",
    Kind::Internal,
    "A handler panicked",
    "The log has the panic's message. Correct the handler, then replay the key.",
);
pub const TRANSACTION_REFUSED: Code = Code::new(
    "events.transaction_refused",
    Kind::Internal,
    "The database refused what a handler did",
    "The log has the refusal, such as a limit on steps. Correct the handler, then replay the key.",
);
pub const BAD_SUBSCRIPTION: Code = Code::new(
    "events.bad_subscription",
    Kind::FailedPrecondition,
    "The subscription cannot be run",
    "Give the consumer another name or another generation; the message says what it collides with.",
);
pub const NO_SUCH_KEY: Code = Code::new(
    "events.no_such_key",
    Kind::NotFound,
    "Nothing of this key is parked",
    "List what is parked; the key may have gone on by itself.",
);
pub const NOT_NEXT: Code = Code::new(
    "events.not_next",
    Kind::FailedPrecondition,
    "Another message of the key comes first",
    "List the key's messages again and begin with the first; they are handled in order.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &TOO_LARGE,
    &UNREADABLE,
    &HISTORY_PRUNED,
    &HISTORY_REWOUND,
    &HANDLER_PANICKED,
    &TRANSACTION_REFUSED,
    &BAD_SUBSCRIPTION,
    &NO_SUCH_KEY,
    &NOT_NEXT,
];
