//! The error codes that inventory raises. Those that callers act on are declared in the contract.

use mainstay_core::{Code, Kind};
pub use shop_inventory_contracts::codes::{HOLD_EXPIRED, OUT_OF_STOCK, RELEASED};

/// The pieces have left the stock, so they cannot be given back by a release.
pub const COMMITTED: Code = Code::new(
    "inventory.committed",
    Kind::FailedPrecondition,
    "The pieces have left the stock",
    "Bring them back with an adjustment that names its cause.",
);

/// A reservation id was used again for something else.
pub const RESERVATION_REUSED: Code = Code::new(
    "inventory.reservation_reused",
    Kind::AlreadyExists,
    "The reservation id belongs to other lines",
    "Use a new reservation id for other lines.",
);

/// Nobody made this reservation.
pub const RESERVATION_UNKNOWN: Code = Code::new(
    "inventory.reservation_unknown",
    Kind::NotFound,
    "There is no such reservation",
    "Reserve before committing.",
);

/// A cause was used again for other adjustments.
pub const CAUSE_REUSED: Code = Code::new(
    "inventory.cause_reused",
    Kind::AlreadyExists,
    "The cause belongs to other adjustments",
    "Give each change of stock a cause of its own.",
);

/// Every code of this service and of its contract, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &OUT_OF_STOCK,
    &HOLD_EXPIRED,
    &RELEASED,
    &COMMITTED,
    &RESERVATION_REUSED,
    &RESERVATION_UNKNOWN,
    &CAUSE_REUSED,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_contract_has_a_page() {
        assert!(shop_inventory_contracts::codes::CODES.iter().all(|code| CODES.contains(code)));
    }
}
