//! What outsiders call. Every route of inventory stands here; handlers extract, call an action and answer.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use mainstay_core::{Context, Principal};
use mainstay_http::{Body, Ctx, PathId, Problem};
use serde::{Deserialize, Serialize};

use crate::actions::{self, Stock};
use crate::model::{Level, VariantId};

/// The routes over the actions.
pub fn routes(stock: Stock) -> Router {
    Router::new()
        .route("/v1/stock/{variant}", get(show))
        .route("/v1/stock/adjustments", post(adjust))
        .with_state(stock)
}

#[derive(Serialize)]
struct LevelView {
    variant_id: VariantId,
    available: i64,
    /// For staff only: a competitor could read the shop's sales off them.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_hand: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<i64>,
}

impl LevelView {
    fn of(ctx: &Context, variant: VariantId, level: Level) -> Self {
        let staff = matches!(ctx.principal(), Principal::Staff(_) | Principal::Service(_));
        LevelView {
            variant_id: variant,
            available: level.available(),
            on_hand: staff.then_some(level.on_hand),
            held: staff.then_some(level.held),
        }
    }
}

async fn show(
    State(stock): State<Stock>,
    Ctx(ctx): Ctx,
    PathId(variant): PathId<shop_catalog_contracts::Variant>,
) -> Result<Json<LevelView>, Problem> {
    let levels = actions::get_levels(&stock, &ctx, vec![variant]).await?;
    // What never had stock has none: whether such a variant exists is the catalogue's to say.
    let level = levels.first().map(|(_, level)| *level).unwrap_or_default();
    Ok(Json(LevelView::of(&ctx, variant, level)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAdjustments {
    /// Names the reason once and for all; a repeat changes nothing.
    cause: String,
    adjustments: Vec<NewAdjustment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAdjustment {
    variant_id: VariantId,
    delta: i64,
}

#[derive(Serialize)]
struct LevelsView {
    levels: Vec<LevelView>,
}

async fn adjust(
    State(stock): State<Stock>,
    Ctx(ctx): Ctx,
    Body(new): Body<NewAdjustments>,
) -> Result<Json<LevelsView>, Problem> {
    let asked = new.adjustments.iter().map(|adjustment| (adjustment.variant_id, adjustment.delta)).collect();
    let levels = actions::adjust(&stock, &ctx, new.cause, asked).await?;
    let levels = levels.into_iter().map(|(variant, level)| LevelView::of(&ctx, variant, level));
    Ok(Json(LevelsView { levels: levels.collect() }))
}
