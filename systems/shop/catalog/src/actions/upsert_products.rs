//! Create or change many products at once: what an import calls.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Result, codes};
use mainstay_sql::Tx;
use shop_access_contracts::CATALOG_WRITE;

use super::Catalog;
use super::apply::{Known, apply};
use super::index::index;
use crate::model::{Product, ProductId, UPSERT_MAX, Variant, Versioned, merge};
use crate::store;

/// What a bulk change came to. What was there already counts as nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upserted {
    /// Products that were created or changed.
    pub products_changed: u32,
    /// Variants that were created or changed.
    pub variants_changed: u32,
}

/// Makes each product what the caller says, with the given variants added or changed and none removed; all products
/// or none. The same again changes nothing. Staff and services only.
///
/// # Errors
/// Those of [`put_product`](super::put_product), whose fields say which product; `core.invalid` for none, more than
/// 2,000 variants, or a product twice.
pub async fn upsert_products(catalog: &Catalog, ctx: &Context, products: Vec<Product>) -> Result<Upserted> {
    let (own, who) = (catalog.clone(), ctx.clone());
    let products = Arc::new(products);
    let batch = Arc::clone(&products);
    let written = catalog.db.write(ctx, move |tx| upsert_in(tx, &own, &who, &batch)).await;
    catalog.forget_shown(products.iter().map(|product| (product.id, &product.slug))).await;
    written
}

/// [`upsert_products`] within a transaction of the caller's, such as one that also records how far an import is. What
/// buyers were shown is then forgotten by the events alone, milliseconds later.
///
/// # Errors
/// As there.
pub fn upsert_in(tx: &Tx<'_>, catalog: &Catalog, ctx: &Context, products: &[Product]) -> Result<Upserted> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    refuse_odd_batch(products)?;
    let ids: Vec<ProductId> = products.iter().map(|product| product.id).collect();
    let mut stored: HashMap<ProductId, Versioned<Product>> = store::products_with(tx, &ids)?
        .into_iter()
        .map(|head| (head.product.value.id, head.product))
        .collect();
    for (id, variant) in store::variants_of_products(tx, &ids)? {
        if let Some(product) = stored.get_mut(&id) {
            product.value.variants.push(variant);
        }
    }
    let known = Known::about(tx, products.iter())?;
    let mut done = Upserted::default();
    let mut written = Vec::new();
    for (place, given) in products.iter().enumerate() {
        let old = stored.get(&given.id);
        let variants: Vec<Variant> = old.map(|old| old.value.variants.clone()).unwrap_or_default();
        let wanted = merge(variants, given.clone());
        if old.is_some_and(|old| old.value == wanted) {
            continue;
        }
        let applied = apply(tx, catalog, ctx, &known, old, &wanted, &format!("products[{place}]."))?;
        done.products_changed += 1;
        done.variants_changed += u32::try_from(applied.variants_changed).unwrap_or(u32::MAX);
        written.push(wanted);
    }
    index(tx, catalog, &written)?;
    if done.products_changed > 0 {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let after = serde_json::json!({
            "products_changed": done.products_changed, "variants_changed": done.variants_changed, "products": ids,
        });
        catalog.audit.record(tx, ctx, Entry::new("products.upsert", "products").after(&after)?)?;
    }
    Ok(done)
}

fn refuse_odd_batch(products: &[Product]) -> Result<()> {
    let refuse = |path: String, message: &str| {
        Err(codes::INVALID.error("the batch cannot be taken as it is").with_field(path, message))
    };
    let variants: usize = products.iter().map(|product| product.variants.len()).sum();
    if products.is_empty() || products.len() > UPSERT_MAX || variants > UPSERT_MAX {
        return refuse("products".into(), "must be 1 to 2000, with at most 2000 variants in all");
    }
    let mut seen = HashSet::with_capacity(products.len());
    match products.iter().position(|product| !seen.insert(product.id)) {
        Some(place) => refuse(format!("products[{place}].id"), "must not repeat"),
        None => Ok(()),
    }
}
