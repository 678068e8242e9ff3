//! The kinds of ids that the contract speaks of. On the wire an id is its 16 bytes.

use mainstay_core::IdKind;

/// A buyer's cart.
pub enum Cart {}
impl IdKind for Cart {
    const PREFIX: &'static str = "crt";
}
