//! The error codes that the cart raises. Those that a checkout acts on are declared in the contract.

use mainstay_core::{Code, Kind};
pub use shop_cart_contracts::codes::{CHECKOUT_RUNNING, EMPTY, INCOMPLETE, ORDERED, UNKNOWN, UNLOCKED};

/// The variant cannot be bought, now or ever.
pub const NOT_SOLD: Code = Code::new(
    "cart.not_sold",
    Kind::FailedPrecondition,
    "This is not sold here",
    "Look at /v1/products for what is sold.",
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
pub const CODES: &[&Code] = &[
    &CHECKOUT_RUNNING,
    &ORDERED,
    &EMPTY,
    &INCOMPLETE,
    &UNLOCKED,
    &UNKNOWN,
    &NOT_SOLD,
    &LINE_UNKNOWN,
    &TOO_LARGE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_contract_has_a_page() {
        assert!(shop_cart_contracts::codes::CODES.iter().all(|code| CODES.contains(code)));
    }
}
