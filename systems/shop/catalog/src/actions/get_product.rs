//! Show one product.

use mainstay_core::{Context, Result};

use super::{Catalog, sees_hidden};
use crate::codes::PRODUCT_UNKNOWN;
use crate::model::{Product, ProductId, Versioned};
use crate::store;

/// Which product.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// By its id.
    Id(ProductId),
    /// By its name in addresses, the present one or one that it had before.
    Slug(String),
}

/// The product, and whether the address was an old one.
#[derive(Clone, Debug)]
pub struct Found {
    /// With all its variants.
    pub product: Versioned<Product>,
    /// The slug that was asked for is not the present one any more.
    pub moved: bool,
}

/// The product with its variants. Who is not staff does not learn that a hidden product exists.
///
/// # Errors
/// `catalog.product_unknown`.
pub async fn get_product(catalog: &Catalog, ctx: &Context, wanted: Wanted) -> Result<Found> {
    let hidden_too = sees_hidden(catalog, ctx);
    let read = move |view: &mainstay_sql::View<'_>| {
        let (found, moved) = match &wanted {
            Wanted::Id(id) => (store::product(view, *id)?, false),
            Wanted::Slug(slug) => match store::product_by_slug(view, slug)? {
                Some(found) => (Some(found), false),
                None => match store::owner_of_old_slug(view, slug)? {
                    Some(owner) => (store::product(view, owner)?, true),
                    None => (None, false),
                },
            },
        };
        let Some(mut product) = found.map(|head| head.product) else { return Ok(None) };
        if !product.value.status.is_sellable() && !hidden_too {
            return Ok(None);
        }
        product.value.variants = store::variants_of_product(view, product.value.id)?;
        Ok(Some(Found { product, moved }))
    };
    catalog.db.read(ctx, read).await?.ok_or_else(|| PRODUCT_UNKNOWN.error("there is no such product"))
}
