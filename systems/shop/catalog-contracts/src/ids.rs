//! The kinds of ids that the contract speaks of. On the wire an id is its 16 bytes.

use mainstay_core::IdKind;

/// A product, the thing that has a page.
pub enum Product {}
impl IdKind for Product {
    const PREFIX: &'static str = "prd";
}

/// A variant of a product, the thing that is bought.
pub enum Variant {}
impl IdKind for Variant {
    const PREFIX: &'static str = "var";
}

/// A category, where products are found.
pub enum Category {}
impl IdKind for Category {
    const PREFIX: &'static str = "cat";
}
