//! Tell what variants are, to those who hold their ids.

use mainstay_core::{Context, Result, codes};

use super::Catalog;
use crate::model::{LOOK_UP_MAX, VariantId, VariantInProduct};
use crate::store;

/// The variants with these ids; unknown ones are absent. It reads the database each time: a look-up by key there costs
/// a few microseconds, less than keeping a cache true would.
///
/// # Errors
/// `core.invalid` for more than 500 ids.
pub async fn get_variants(
    catalog: &Catalog,
    ctx: &Context,
    ids: Vec<VariantId>,
) -> Result<Vec<VariantInProduct>> {
    if ids.len() > LOOK_UP_MAX {
        return Err(codes::INVALID
            .error("at most 500 variants are told at once")
            .with_field("ids", format!("there are {}", ids.len())));
    }
    catalog.db.read(ctx, move |view| store::variants_with(view, &ids)).await
}
