//! What the service publishes.

use mainstay_events::{Event, Topic};

use crate::v1::{AttributeChanged, CategoryChanged, ProductChanged};

impl Event for ProductChanged {
    const TYPE: &'static str = "shop.catalog.v1.ProductChanged";
}

impl Event for CategoryChanged {
    const TYPE: &'static str = "shop.catalog.v1.CategoryChanged";
}

impl Event for AttributeChanged {
    const TYPE: &'static str = "shop.catalog.v1.AttributeChanged";
}

/// A product was created or changed; keyed by the product's id.
pub const TOPIC: Topic<ProductChanged> = Topic::new("shop.catalog.product");

/// A category was created, changed, moved or removed; keyed by the category's id.
pub const CATEGORY_TOPIC: Topic<CategoryChanged> = Topic::new("shop.catalog.category");

/// An attribute was defined or changed; keyed by its code.
pub const ATTRIBUTE_TOPIC: Topic<AttributeChanged> = Topic::new("shop.catalog.attribute");
