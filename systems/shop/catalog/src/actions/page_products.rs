//! Page through whole products: what an export reads.

use std::collections::HashMap;

use mainstay_access::Relation;
use mainstay_core::{Context, Result};
use shop_access_contracts::CATALOG_READ_HIDDEN;

use super::Catalog;
use crate::model::{Product, ProductId, Variant, Versioned};
use crate::store;

/// Most products of a page.
const PRODUCTS_MAX: u32 = 100;

/// Variants after which a page ends, so that it fits into a message; one product may have as many by itself.
const VARIANTS_MAX: u32 = 2_000;

/// Some products with all of their variants.
#[derive(Clone, Debug)]
pub struct WholePage {
    pub products: Vec<Versioned<Product>>,
    /// Whether there are more after them.
    pub more: bool,
}

/// The products after a key in the order of ids, those that are not for sale among them. Staff and services only.
pub async fn page_products(catalog: &Catalog, ctx: &Context, after: Option<ProductId>) -> Result<WholePage> {
    catalog.access.require(ctx, CATALOG_READ_HIDDEN, Relation::Other)?;
    let read = move |view: &mainstay_sql::View<'_>| {
        let mut heads = store::page(view, &store::In::All, after, PRODUCTS_MAX + 1, true)?;
        let mut variants = 0;
        let room = heads.iter().take_while(|head| {
            let fits = variants == 0 || variants + head.variant_count <= VARIANTS_MAX;
            variants += head.variant_count;
            fits
        });
        let room = room.count().min(PRODUCTS_MAX as usize);
        let more = heads.len() > room;
        heads.truncate(room);
        let ids: Vec<ProductId> = heads.iter().map(|head| head.product.value.id).collect();
        let mut by_product: HashMap<ProductId, Vec<Variant>> = HashMap::new();
        for (product, variant) in store::variants_of_products(view, &ids)? {
            by_product.entry(product).or_default().push(variant);
        }
        let products = heads.into_iter().map(|head| {
            let mut product = head.product;
            product.value.variants = by_product.remove(&product.value.id).unwrap_or_default();
            product
        });
        Ok(WholePage { products: products.collect(), more })
    };
    catalog.db.read(ctx, read).await
}
