//! Show one product.

use mainstay_core::{Context, Result};

use super::{Catalog, sees_hidden};
use crate::codes::PRODUCT_UNKNOWN;
use crate::model::{Product, ProductId};
use crate::store;

/// Which product.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// By its id.
    Id(ProductId),
    /// By its name in addresses.
    Slug(String),
}

/// The product with its variants. Who is not staff does not learn that a hidden product exists.
///
/// # Errors
/// `catalog.product_unknown`.
pub async fn get_product(catalog: &Catalog, ctx: &Context, wanted: Wanted) -> Result<Product> {
    let hidden_too = sees_hidden(ctx);
    let read = move |view: &mainstay_sql::View<'_>| {
        let found = match &wanted {
            Wanted::Id(id) => store::product(view, *id)?,
            Wanted::Slug(slug) => store::product_by_slug(view, slug)?,
        };
        let Some(mut product) = found.filter(|product| product.sellable || hidden_too) else {
            return Ok(None);
        };
        product.variants = store::variants_of_product(view, product.id)?;
        Ok(Some(product))
    };
    catalog.db.read(ctx, read).await?.ok_or_else(|| PRODUCT_UNKNOWN.error("there is no such product"))
}
