//! The kinds of ids that the contract speaks of. On the wire an id is its 16 bytes.

use mainstay_core::IdKind;

/// One attempt to buy a cart.
pub enum Checkout {}
impl IdKind for Checkout {
    const PREFIX: &'static str = "chk";
}

/// An order; it has the bytes of its checkout.
pub enum Order {}
impl IdKind for Order {
    const PREFIX: &'static str = "ord";
}
