//! The words and rules of the catalogue. Pure: nothing here reads a database, a clock or a network.

mod attribute;
mod category;
mod change;
mod check;
mod document;
mod facets;
mod named;
mod picture;
mod register;
mod status;

use std::collections::BTreeMap;

use mainstay_core::Id;

pub use attribute::{Attribute, AttributeKind, AttributeValue, check_attribute, check_values};
pub use category::{Category, CategoryId, Tree, check_category};
pub use change::{Change, change, merge};
pub use check::{LINES, PICTURE, SLUG, WORDS, WORDS_OR_NONE, check};
pub use document::{CATEGORY_FACET, FacetValue, facet_values, texts};
pub use facets::{Candidate, Counted, Filter, Filters, PRICE_BANDS, ValueId, count};
pub use named::{KnownGoods, Named, NewNamed, Refusal};
pub use picture::{PICTURE_ID, PictureFormat, PictureId, PictureSize, picture_address, picture_at};
pub use register::{Entry, FacetNumber, Register};
pub use status::Status;

/// Names a product.
pub type ProductId = Id<shop_catalog_contracts::Product>;

/// Names a variant of a product, the thing that is bought.
pub type VariantId = Id<shop_catalog_contracts::Variant>;

/// Most variants of one product. A garment in all sizes and colours has a hundred, a made-to-measure blind or a code
/// with a price for each customer a thousand; beyond that it is rather a configurator than a product.
pub const VARIANTS_MAX: usize = 2_000;

/// Most variants in one bulk change: as many as one product may have, some hundredths of a second of the writer's time.
pub const UPSERT_MAX: usize = VARIANTS_MAX;

/// Most options that tell variants apart. More than size, colour, length, width and material confuse a buyer.
pub const OPTIONS_MAX: usize = 5;

/// Most categories that one product stands in.
pub const CATEGORIES_OF_PRODUCT_MAX: usize = 20;

/// Most attributes of one product.
pub const ATTRIBUTES_OF_PRODUCT_MAX: usize = 40;

/// Most pictures of one product.
pub const PICTURES_MAX: usize = 50;

/// Most variants told at once, which is what a cart can hold.
pub const LOOK_UP_MAX: usize = 500;

/// Most products on one page of the list.
pub const PAGE_MAX: u32 = 100;

/// Products on a page when the caller does not say.
pub const PAGE_DEFAULT: u32 = 20;

/// Variants of each product on a page of products; who wants the rest reads the product's own list of them. It keeps
/// a page of 100 products with 1,000 variants each below a megabyte.
pub const VARIANTS_IN_LIST: u32 = 20;

/// Most variants on one page of a product's variants.
pub const VARIANT_PAGE_MAX: u32 = 500;

/// What has a page in the shop.
#[derive(Clone, Debug, PartialEq)]
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
    /// Whether buyers see it. If it is not published, none of its variants can be bought.
    pub status: Status,
    /// Names of what tells its variants apart, such as size and colour; none when they only have names.
    pub options: Vec<String>,
    /// Where it is found, the main one first.
    pub categories: Vec<CategoryId>,
    /// Its properties, by the code of their definition.
    pub attributes: BTreeMap<String, AttributeValue>,
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
    /// One value for each option of the product, in their order. No other variant of the product has the same.
    pub options: Vec<String>,
    /// Whether it can be bought while its product can.
    pub sellable: bool,
}

/// Something with the number of its last change, from which its ETag is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// Begins at 1 and counts changes.
    pub version: u64,
    /// What it is at that version.
    pub value: T,
}

/// A product on a page of products.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The product with its first variants, at most [`VARIANTS_IN_LIST`].
    pub product: Versioned<Product>,
    /// How many variants it has in all.
    pub variant_count: u32,
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
