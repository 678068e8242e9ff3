//! Find products and variants by the names that people give them: what an import asks before it changes anything.

use mainstay_access::Relation;
use mainstay_core::{Context, Result, codes};
use shop_access_contracts::CATALOG_READ_HIDDEN;

use super::Catalog;
use crate::model::{LOOK_UP_MAX, Product, VariantInProduct, Versioned};
use crate::store;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Without their variants.
    pub products: Vec<Versioned<Product>>,
    pub variants: Vec<VariantInProduct>,
}

/// The products with these slugs and the variants with these stock keeping units, in no order. Staff and services only.
///
/// # Errors
/// `core.invalid` for more than 500 of either.
pub async fn find_by_name(
    catalog: &Catalog,
    ctx: &Context,
    slugs: Vec<String>,
    skus: Vec<String>,
) -> Result<Named> {
    catalog.access.require(ctx, CATALOG_READ_HIDDEN, Relation::Other)?;
    for (path, count) in [("slugs", slugs.len()), ("skus", skus.len())] {
        if count > LOOK_UP_MAX {
            return Err(codes::INVALID
                .error("at most 500 names are looked up at once")
                .with_field(path, format!("there are {count}")));
        }
    }
    let read = move |view: &mainstay_sql::View<'_>| {
        let products = store::products_with_slugs(view, slugs.iter().map(String::as_str))?;
        Ok(Named {
            products: products.into_iter().map(|head| head.product).collect(),
            variants: store::variants_with_skus(view, &skus)?,
        })
    };
    catalog.db.read(ctx, read).await
}
