//! The words and rules of the catalogue. Pure: nothing here reads a database, a clock or a network.

mod check;

use mainstay_core::Id;

pub use check::check;

/// Names a product.
pub type ProductId = Id<shop_catalog_contracts::Product>;

/// Names a variant of a product, the thing that is bought.
pub type VariantId = Id<shop_catalog_contracts::Variant>;

/// Most variants of one product: sizes times colours of the richest garment.
pub const VARIANTS_MAX: usize = 100;

/// Most pictures of one product.
pub const PICTURES_MAX: usize = 50;

/// Most variants told at once, which is what a cart can hold.
pub const LOOK_UP_MAX: usize = 500;

/// Most products on one page of the list.
pub const PAGE_MAX: u32 = 100;

/// Products on a page when the caller does not say.
pub const PAGE_DEFAULT: u32 = 20;

/// What has a page in the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its name for machines.
    pub id: ProductId,
    /// Its name in addresses, unique.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is, in plain text.
    pub description: String,
    /// Addresses of pictures, the cover first.
    pub pictures: Vec<String>,
    /// Whether buyers see it. If not, none of its variants can be bought.
    pub sellable: bool,
    /// What can be bought, in the order in which it is shown.
    pub variants: Vec<Variant>,
}

/// One way in which a product comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its name for machines; it never moves to another product.
    pub id: VariantId,
    /// Its name for the warehouse, unique.
    pub sku: String,
    /// Its own words, such as "blue, large"; empty for the only variant of a product.
    pub name: String,
    /// Whether it can be bought while its product can.
    pub sellable: bool,
}

/// A variant as those who look it up by its id see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantInProduct {
    /// The variant; `sellable` already takes the product into account.
    pub variant: Variant,
    /// Whose variant it is.
    pub product: ProductId,
    /// What people call the product.
    pub product_name: String,
}
