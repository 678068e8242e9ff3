//! The error codes that the catalogue raises.

use mainstay_core::{Code, Kind};

/// Another product has the slug.
pub const SLUG_TAKEN: Code = Code::new(
    "catalog.slug_taken",
    Kind::AlreadyExists,
    "The slug is taken",
    "Choose another slug, or change that of what has it first.",
);

/// Another product has the stock keeping unit.
pub const SKU_TAKEN: Code = Code::new(
    "catalog.sku_taken",
    Kind::AlreadyExists,
    "The stock keeping unit belongs to another product",
    "Choose another one, or take it from the other product first.",
);

/// The variant belongs to another product.
pub const VARIANT_TAKEN: Code = Code::new(
    "catalog.variant_taken",
    Kind::AlreadyExists,
    "The variant belongs to another product",
    "Give the new variant an id of its own; a variant does not move between products.",
);

/// There is no such product, or it is not for sale and the caller may not see it.
pub const PRODUCT_UNKNOWN: Code = Code::new(
    "catalog.product_unknown",
    Kind::NotFound,
    "There is no such product",
    "Look at /v1/products for what is sold.",
);

/// There is no such category.
pub const CATEGORY_UNKNOWN: Code = Code::new(
    "catalog.category_unknown",
    Kind::NotFound,
    "There is no such category",
    "Look at /v1/categories for those that there are.",
);

/// A category cannot go while something stands in it.
pub const CATEGORY_IN_USE: Code = Code::new(
    "catalog.category_in_use",
    Kind::FailedPrecondition,
    "Something stands in the category",
    "Move its products and the categories below it elsewhere first.",
);

/// An attribute keeps its kind.
pub const ATTRIBUTE_KIND: Code = Code::new(
    "catalog.attribute_kind",
    Kind::FailedPrecondition,
    "The attribute is of another kind",
    "Define an attribute with another code, and give products values of that.",
);

/// The file is no picture that can be shown.
pub const PICTURE_UNUSABLE: Code = Code::new(
    "catalog.picture_unusable",
    Kind::InvalidArgument,
    "The picture cannot be used",
    "Send a JPEG, PNG or WebP of at most 10 MB and 24 million pixels, and say in Content-Type which it is.",
);

/// There is no such picture.
pub const PICTURE_UNKNOWN: Code = Code::new(
    "catalog.picture_unknown",
    Kind::NotFound,
    "There is no such picture",
    "Look at the product for the addresses of its pictures.",
);

/// A product has as many pictures as it may have.
pub const PICTURES_FULL: Code = Code::new(
    "catalog.pictures_full",
    Kind::FailedPrecondition,
    "The product has as many pictures as it may have",
    "Take one out of its pictures first.",
);

/// The same picture is just being deleted, since nobody showed it.
pub const PICTURE_GOING: Code = Code::new(
    "catalog.picture_going",
    Kind::Aborted,
    "The picture is just being deleted",
    "Send it again; in a moment it is taken as a new one.",
);

/// Every code of this service, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &SLUG_TAKEN,
    &SKU_TAKEN,
    &VARIANT_TAKEN,
    &PRODUCT_UNKNOWN,
    &CATEGORY_UNKNOWN,
    &CATEGORY_IN_USE,
    &ATTRIBUTE_KIND,
    &PICTURE_UNUSABLE,
    &PICTURE_UNKNOWN,
    &PICTURES_FULL,
    &PICTURE_GOING,
];
