//! The error codes that callers of the contract act on.

use mainstay_core::{Code, Kind};

pub const CHECKOUT_RUNNING: Code = Code::new(
    "cart.checkout_running",
    Kind::FailedPrecondition,
    "The cart is being bought already",
    "Wait for the checkout that runs; look at its state.",
);

pub const ORDERED: Code = Code::new(
    "cart.ordered",
    Kind::FailedPrecondition,
    "The cart has become an order",
    "Look at the order, or begin a new cart.",
);

pub const EMPTY: Code =
    Code::new("cart.empty", Kind::FailedPrecondition, "The cart is empty", "Put something in it first.");

pub const INCOMPLETE: Code = Code::new(
    "cart.incomplete",
    Kind::FailedPrecondition,
    "Something is missing to buy the cart",
    "Set what the fields name: address, shipping or payment.",
);

pub const UNLOCKED: Code = Code::new(
    "cart.unlocked",
    Kind::FailedPrecondition,
    "The checkout let go of the cart already",
    "Begin a new checkout; one that was taken back does not lock again.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&CHECKOUT_RUNNING, &ORDERED, &EMPTY, &INCOMPLETE, &UNLOCKED, &UNKNOWN];

/// There is no such cart, or it is somebody else's: the answer is the same, so that nobody can find out which.
pub const UNKNOWN: Code = Code::new(
    "cart.unknown",
    Kind::NotFound,
    "There is no such cart",
    "Make one with POST /v1/carts, and use it with the session that made it.",
);
