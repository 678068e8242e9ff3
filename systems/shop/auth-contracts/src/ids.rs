//! The kinds of ids that the contract speaks of. On the wire an id is its 16 bytes.

use mainstay_core::IdKind;

/// An address in a customer's book.
pub enum Address {}
impl IdKind for Address {
    const PREFIX: &'static str = "adr";
}
