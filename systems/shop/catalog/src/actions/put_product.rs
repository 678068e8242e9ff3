//! Create or replace a product with its variants.

use std::collections::HashMap;

use mainstay_core::{Context, Error, Result};
use mainstay_sql::{Tx, codes as sql, constraint};

use super::Catalog;
use crate::codes::{SKU_TAKEN, SLUG_TAKEN, VARIANT_TAKEN};
use crate::model::{Product, VariantId, check};
use crate::{events, store};

/// Makes the product what the caller says. The same product again changes nothing and tells nobody. Staff and services
/// only.
///
/// # Errors
/// `core.invalid` with a field for each fault; `catalog.slug_taken`, `catalog.sku_taken` and `catalog.variant_taken`
/// when something belongs to another product.
pub async fn put_product(catalog: &Catalog, ctx: &Context, product: Product) -> Result<()> {
    ctx.principal().require_staff()?;
    check(&product)?;
    let (outbox, who) = (catalog.outbox.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        if let Some(mut stored) = store::product(tx, product.id)? {
            stored.variants = store::variants_of_product(tx, product.id)?;
            if stored == product {
                return Ok(());
            }
        }
        refuse_foreign_variants(tx, &product)?;
        store::put_product(tx, &product).map_err(taken)?;
        store::put_variants(tx, product.id, &product.variants).map_err(taken)?;
        events::product_changed(&outbox, tx, &who, &product)
    };
    catalog.db.write(ctx, write).await
}

fn refuse_foreign_variants(tx: &Tx<'_>, product: &Product) -> Result<()> {
    let ids: Vec<VariantId> = product.variants.iter().map(|variant| variant.id).collect();
    let owners: HashMap<_, _> = store::owner_of_variant(tx, &ids)?.into_iter().collect();
    let mut refused: Option<Error> = None;
    for (place, id) in ids.iter().enumerate() {
        if owners.get(id).is_some_and(|owner| *owner != product.id) {
            let error =
                refused.unwrap_or_else(|| VARIANT_TAKEN.error("a variant belongs to another product"));
            refused = Some(error.with_field(format!("variants[{place}].id"), "belongs to another product"));
        }
    }
    refused.map_or(Ok(()), Err)
}

/// Says in the catalogue's words which unique name was taken.
fn taken(error: Error) -> Error {
    if !error.is(&sql::UNIQUE) {
        return error;
    }
    match constraint(&error) {
        Some(name) if name.contains("slug") => {
            SLUG_TAKEN.error("another product has this slug").with_field("slug", "belongs to another product")
        }
        Some(name) if name.contains("sku") => SKU_TAKEN
            .error("another product has one of these stock keeping units")
            .with_field("variants", "have a sku of another product"),
        _ => error,
    }
}
