//! What the catalogue publishes: how things stand after each change.

use mainstay_core::{Context, Result};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use shop_catalog_contracts::{
    ATTRIBUTE_TOPIC, AttributeChanged, CATEGORY_TOPIC, CategoryChanged, ProductChanged, TOPIC, v1,
};

use crate::messages;
use crate::model::{Attribute, Category, CategoryId, Product, Variant, VariantId};

/// Variants in one event. With the longest names and values that is 80 kB beside a description and pictures of 70 kB,
/// which an event of at most 256 kB holds.
const VARIANTS_IN_EVENT: usize = 50;

/// A product that was created or changed.
pub struct News<'a> {
    pub product: &'a Product,
    pub version: u64,
    /// Variants that were created or changed.
    pub changed: Vec<&'a Variant>,
    pub removed: &'a [VariantId],
}

impl News<'_> {
    /// As events, one for so many variants.
    fn events(&self) -> Vec<ProductChanged> {
        // At most 2,000 ids of 18 bytes.
        let mut removed: Vec<Vec<u8>> = self.removed.iter().map(|id| id.to_vec()).collect();
        let mut event = |variants: &[&Variant]| {
            let told = messages::product(self.product, self.version, variants.iter().copied());
            ProductChanged { product: Some(told), removed_variant_ids: std::mem::take(&mut removed) }
        };
        if self.changed.is_empty() {
            return vec![event(&[])];
        }
        self.changed.chunks(VARIANTS_IN_EVENT).map(event).collect()
    }
}

/// Tells that products were created or changed, with the variants that were.
pub fn products_changed<'a>(
    outbox: &Outbox,
    tx: &Tx<'_>,
    ctx: &Context,
    news: impl Iterator<Item = News<'a>>,
) -> Result<()> {
    let events = news.flat_map(|one| {
        let key = one.product.id.to_string();
        one.events().into_iter().map(move |event| (key.clone(), event))
    });
    outbox.append_all(tx, ctx, &TOPIC, events)
}

/// Tells that a category was created, changed or moved.
pub fn category_changed(outbox: &Outbox, tx: &Tx<'_>, ctx: &Context, category: &Category) -> Result<()> {
    let message = v1::Category {
        id: category.id.to_vec(),
        parent_id: category.parent.map(|id| id.to_vec()).unwrap_or_default(),
        slug: category.slug.clone(),
        name: category.name.clone(),
        place: category.place,
    };
    let event = CategoryChanged { category: Some(message), removed: false };
    outbox.append(tx, ctx, &CATEGORY_TOPIC, &category.id.to_string(), &event)
}

/// Tells that a category is no more.
pub fn category_removed(outbox: &Outbox, tx: &Tx<'_>, ctx: &Context, id: CategoryId) -> Result<()> {
    let category = v1::Category { id: id.to_vec(), ..Default::default() };
    let event = CategoryChanged { category: Some(category), removed: true };
    outbox.append(tx, ctx, &CATEGORY_TOPIC, &id.to_string(), &event)
}

/// Tells that an attribute was defined or changed.
pub fn attribute_changed(outbox: &Outbox, tx: &Tx<'_>, ctx: &Context, attribute: &Attribute) -> Result<()> {
    let event = AttributeChanged {
        code: attribute.code.clone(),
        name: attribute.name.clone(),
        kind: attribute.kind.as_str().to_owned(),
        unit: attribute.unit.clone(),
        filterable: attribute.filterable,
    };
    outbox.append(tx, ctx, &ATTRIBUTE_TOPIC, &attribute.code, &event)
}
