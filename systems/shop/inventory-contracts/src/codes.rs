//! The error codes that callers of the contract act on.

use mainstay_core::{Code, Kind};

pub const OUT_OF_STOCK: Code = Code::new(
    "inventory.out_of_stock",
    Kind::FailedPrecondition,
    "There are not enough pieces",
    "Take fewer, or wait until there are more; the fields name the lines.",
);

pub const HOLD_EXPIRED: Code = Code::new(
    "inventory.hold_expired",
    Kind::FailedPrecondition,
    "The hold ended before it was used, and the pieces are gone",
    "Begin the checkout again.",
);

pub const RELEASED: Code = Code::new(
    "inventory.released",
    Kind::FailedPrecondition,
    "The hold was given back",
    "Begin the checkout again; a hold that was given back is not taken up again.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&OUT_OF_STOCK, &HOLD_EXPIRED, &RELEASED];
