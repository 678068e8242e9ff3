//! Create or replace a product with its variants.

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Result};
use mainstay_sql::Tx;
use shop_access_contracts::CATALOG_WRITE;

use super::apply::{Known, apply};
use super::index::index;
use super::{Catalog, Guard};
use crate::model::{Product, Versioned};
use crate::store;

/// Makes the product what the caller says. The same product again changes nothing, tells nobody and asks no guard: a
/// repeat after an answer that was lost is a success. Staff and services only.
///
/// # Errors
/// `core.invalid` with a field for each fault; `catalog.slug_taken`, `catalog.sku_taken` and `catalog.variant_taken`
/// when something belongs to another product; the guard's.
pub async fn put_product(
    catalog: &Catalog,
    ctx: &Context,
    product: Product,
    guard: impl Guard,
) -> Result<Versioned<Product>> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    let (own, who) = (catalog.clone(), ctx.clone());
    let (id, slug) = (product.id, product.slug.clone());
    let write = move |tx: &Tx<'_>| {
        let mut stored = store::product(tx, product.id)?.map(|head| head.product);
        if let Some(stored) = &mut stored {
            stored.value.variants = store::variants_of_product(tx, product.id)?;
            if stored.value == product {
                return Ok(stored.clone());
            }
        }
        guard(stored.as_ref().map(|stored| stored.version))?;
        let known = Known::about(tx, std::iter::once(&product))?;
        let applied = apply(tx, &own, &who, &known, stored.as_ref(), &product, "")?;
        index(tx, &own, [&product])?;
        let mut entry = Entry::new("product.put", product.id.to_string()).after(&summary(&product))?;
        if let Some(stored) = &stored {
            entry = entry.before(&summary(&stored.value))?;
        }
        own.audit.record(tx, &who, entry)?;
        Ok(Versioned { version: applied.version, value: product.clone() })
    };
    let written = catalog.db.write(ctx, write).await;
    catalog.forget_shown([(id, &slug)]).await;
    written
}

/// A product as the audit log has it: what a person would ask about.
pub(super) fn summary(product: &Product) -> serde_json::Value {
    serde_json::json!({
        "slug": product.slug,
        "name": product.name,
        "status": product.status,
        "variants": product.variants.len(),
    })
}
