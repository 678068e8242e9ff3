//! What outsiders call. Every route of inventory stands here; handlers extract, call an action and answer.

use axum::Json;
use axum::extract::State;
use mainstay_access::Relation;
use mainstay_core::{Context, codes as core_codes};
use mainstay_http::contract::schema::example_id;
use mainstay_http::{Body, Ctx, PathId, Problem, Routes, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop_access_contracts::STOCK_READ_LEVELS;
use shop_catalog_contracts::Variant;

use crate::actions::{self, Stock};
use crate::codes;
use crate::model::{DELTA_MAX, LINES_MAX, Level, VariantId};

/// The routes over the actions.
pub fn routes() -> Routes<Stock> {
    Routes::new("Stock", "How many pieces there are.")
        .get(
            "/v1/stock/{variant}",
            show,
            operation("getStock", "Show how many pieces of a variant can be bought")
                .text("What never had stock has none.")
                .returns::<LevelView>(200, "the level"),
        )
        .post(
            "/v1/stock/adjustments",
            adjust,
            operation("adjustStock", "Change the stock for a reason")
                .text("Each cause counts once: a repeat changes nothing.")
                .staff()
                .example(json!({
                    "cause": "delivery 2030-01-31", "adjustments": [{ "variant_id": example_id::<Variant>(), "delta": 12 }],
                }))
                .returns::<LevelsView>(200, "the levels after it")
                .problems(&[&codes::OUT_OF_STOCK, &codes::CAUSE_REUSED, &core_codes::INVALID]),
        )
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StockLevel")]
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
    fn of(stock: &Stock, ctx: &Context, variant: VariantId, level: Level) -> Self {
        let all = stock.access.allows(ctx, STOCK_READ_LEVELS, Relation::Other);
        LevelView {
            variant_id: variant,
            available: level.available(),
            on_hand: all.then_some(level.on_hand),
            held: all.then_some(level.held),
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
    Ok(Json(LevelView::of(&stock, &ctx, variant, level)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAdjustments {
    /// Names the reason once and for all; a repeat changes nothing.
    #[schemars(length(max = 200), regex(pattern = "^[!-~]([ -~]{0,198}[!-~])?$"))]
    cause: String,
    #[schemars(length(min = 1, max = LINES_MAX))]
    adjustments: Vec<NewAdjustment>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewAdjustment {
    variant_id: VariantId,
    /// Pieces that came, or with a minus went.
    #[schemars(range(min = -DELTA_MAX, max = DELTA_MAX), extend("not" = { "const": 0 }))]
    delta: i64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StockLevels")]
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
    let levels = levels.into_iter().map(|(variant, level)| LevelView::of(&stock, &ctx, variant, level));
    Ok(Json(LevelsView { levels: levels.collect() }))
}
