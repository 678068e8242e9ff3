//! The error codes that the cart raises. Those that a checkout acts on are declared in the contract.

use mainstay_core::{Code, Kind};
pub use shop_cart_contracts::codes::{CHECKOUT_RUNNING, EMPTY, INCOMPLETE, ORDERED, UNLOCKED};

/// There is no such cart, or it is somebody else's: the answer is the same, so that nobody can find out which.
pub const UNKNOWN: Code = Code::new(
    "cart.unknown",
    Kind::NotFound,
    "There is no such cart",
    "Make one with POST /v1/carts, and use it with the session that made it.",
);

/// The cart does not hold this variant.
pub const LINE_UNKNOWN: Code = Code::new(
    "cart.line_unknown",
    Kind::NotFound,
    "The cart does not hold this",
    "Add it with POST to the cart's items first.",
);

/// The cart or one of its lines would become larger than a cart can be.
pub const TOO_LARGE: Code = Code::new(
    "cart.too_large",
    Kind::FailedPrecondition,
    "A cart holds at most 500 lines of 10,000 pieces",
    "Buy what is in it first, or split the purchase over several carts.",
);

/// Every code of this service and of its contract, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] =
    &[&CHECKOUT_RUNNING, &ORDERED, &EMPTY, &INCOMPLETE, &UNLOCKED, &UNKNOWN, &LINE_UNKNOWN, &TOO_LARGE];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_contract_has_a_page() {
        assert!(shop_cart_contracts::codes::CODES.iter().all(|code| CODES.contains(code)));
    }
}
