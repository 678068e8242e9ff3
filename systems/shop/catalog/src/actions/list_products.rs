//! Page through the products.

use std::collections::HashMap;

use mainstay_core::{Context, Result, codes};

use super::{Catalog, sees_hidden};
use crate::model::{CategoryId, Listed, PAGE_MAX, ProductId, Variant};
use crate::store;

/// Some products, and where the next ones begin.
#[derive(Clone, Debug)]
pub struct Page {
    /// Products with their first variants, in the order of ids, which is roughly that of creation.
    pub products: Vec<Listed>,
    /// The key to go on after; nothing on the last page.
    pub next: Option<ProductId>,
}

/// The products after a key, of the whole catalogue or of a category and all below it. Who is not staff sees those for
/// sale.
///
/// # Errors
/// `core.invalid` for a limit outside 1 to 100.
pub async fn list_products(
    catalog: &Catalog,
    ctx: &Context,
    category: Option<CategoryId>,
    after: Option<ProductId>,
    limit: u32,
) -> Result<Page> {
    if limit == 0 || limit > PAGE_MAX {
        return Err(codes::INVALID
            .error("a page has between 1 and 100 products")
            .with_field("limit", "must be between 1 and 100"));
    }
    let hidden_too = sees_hidden(catalog, ctx);
    let read = move |view: &mainstay_sql::View<'_>| {
        let below = category.map(|id| Ok(store::tree(view)?.downwards(id))).transpose()?;
        let which = below.as_deref().map_or(store::In::All, store::In::Categories);
        // One more than asked for tells whether there is a next page.
        let mut heads = store::page(view, &which, after, limit + 1, hidden_too)?;
        let more = heads.len() > limit as usize;
        heads.truncate(limit as usize);
        let ids: Vec<ProductId> = heads.iter().map(|head| head.product.value.id).collect();
        let mut by_product: HashMap<ProductId, Vec<Variant>> = HashMap::new();
        for (product, variant) in store::variants_in_list(view, &ids)? {
            by_product.entry(product).or_default().push(variant);
        }
        let products = heads.into_iter().map(|head| {
            let mut product = head.product;
            product.value.variants = by_product.remove(&product.value.id).unwrap_or_default();
            Listed { product, variant_count: head.variant_count }
        });
        Ok(Page { products: products.collect(), next: ids.last().copied().filter(|_| more) })
    };
    catalog.db.read(ctx, read).await
}
