//! Tell how many pieces there are.

use mainstay_core::{Context, Result, codes};

use super::Stock;
use crate::model::{LINES_MAX, Level, VariantId};
use crate::store;

/// The levels of these variants; one that never had stock is absent.
///
/// # Errors
/// `core.invalid` for more than 500 variants.
pub async fn get_levels(
    stock: &Stock,
    ctx: &Context,
    variants: Vec<VariantId>,
) -> Result<Vec<(VariantId, Level)>> {
    if variants.len() > LINES_MAX {
        return Err(codes::INVALID
            .error("levels are told for at most 500 variants at once")
            .with_field("variant_ids", format!("there are {}", variants.len())));
    }
    stock.db.read(ctx, move |view| store::levels(view, &variants)).await
}
