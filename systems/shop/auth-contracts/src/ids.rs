//! The kinds of ids that the contract speaks of. On the wire an id is its 16 bytes.

use mainstay_core::IdKind;

/// An address in a customer's book.
pub enum Address {}
impl IdKind for Address {
    const PREFIX: &'static str = "adr";
}

/// A key for programs of an account's owner.
pub enum ApiKey {}
impl IdKind for ApiKey {
    const PREFIX: &'static str = "key";
}
