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

/// Tells that a product was created or changed, with the variants that were.
pub fn product_changed(
    outbox: &Outbox,
    tx: &Tx<'_>,
    ctx: &Context,
    product: &Product,
    version: u64,
    changed: &[&Variant],
    removed: &[VariantId],
) -> Result<()> {
    let key = product.id.to_string();
    let mut removed: Vec<Vec<u8>> = removed.iter().map(|id| id.to_vec()).collect();
    let mut rest = changed;
    loop {
        let (now, later) = rest.split_at(rest.len().min(VARIANTS_IN_EVENT));
        let told = messages::product(product, version, now.iter().copied());
        // At most 2,000 ids of 18 bytes.
        let removed_variant_ids = std::mem::take(&mut removed);
        let event = ProductChanged { product: Some(told), removed_variant_ids };
        outbox.append(tx, ctx, &TOPIC, &key, &event)?;
        if later.is_empty() {
            return Ok(());
        }
        rest = later;
    }
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
