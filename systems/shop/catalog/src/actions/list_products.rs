//! Page through the products.

use std::collections::HashMap;

use mainstay_core::{Context, Result, codes};

use super::{Catalog, sees_hidden};
use crate::model::{PAGE_MAX, Product, ProductId};
use crate::store;

/// Some products, and where the next ones begin.
#[derive(Clone, Debug)]
pub struct Page {
    /// Products with their variants, in the order of ids, which is roughly that of creation.
    pub products: Vec<Product>,
    /// The key to go on after; nothing on the last page.
    pub next: Option<ProductId>,
}

/// The products after a key. Who is not staff sees those for sale.
///
/// # Errors
/// `core.invalid` for a limit outside 1 to 100.
pub async fn list_products(
    catalog: &Catalog,
    ctx: &Context,
    after: Option<ProductId>,
    limit: u32,
) -> Result<Page> {
    if limit == 0 || limit > PAGE_MAX {
        return Err(codes::INVALID
            .error("a page has between 1 and 100 products")
            .with_field("limit", "must be between 1 and 100"));
    }
    let hidden_too = sees_hidden(ctx);
    let read = move |view: &mainstay_sql::View<'_>| {
        // One more than asked for tells whether there is a next page.
        let mut products = store::page(view, after, limit + 1, hidden_too)?;
        let more = products.len() > limit as usize;
        products.truncate(limit as usize);
        let (Some(first), Some(last)) = (products.first(), products.last()) else {
            return Ok(Page { products, next: None });
        };
        let (first, last) = (first.id, last.id);
        let mut by_product: HashMap<ProductId, Vec<_>> = HashMap::new();
        for (product, variant) in store::variants_of_page(view, first, last)? {
            by_product.entry(product).or_default().push(variant);
        }
        for product in &mut products {
            product.variants = by_product.remove(&product.id).unwrap_or_default();
        }
        Ok(Page { products, next: more.then_some(last) })
    };
    catalog.db.read(ctx, read).await
}
