//! `/v1/orders/{id}/cancel` and `/refunds`: give back all or a part.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mainstay_core::{Id, Money, codes as core_codes};
use mainstay_http::codes::IDEMPOTENCY_MISMATCH;
use mainstay_http::contract::schema::example_id;
use mainstay_http::{Body, Ctx, IdempotencyKey, PathId, Problem, Routes, operation};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use shop_catalog_contracts::Variant;
use shop_orders_contracts::Order as OrderKind;

use crate::Orders;
use crate::actions;
use crate::codes;
use crate::model::{Refund, RefundLine, RefundRequest};

/// Pieces of one line, as many as a cart may have.
const QUANTITY_MAX: u32 = 10_000;
/// Words of a reason; it is printed in a mail.
const REASON_MAX: usize = 500;
/// Lines of one refund, as many as a cart may have.
const LINES_MAX: usize = 500;

pub fn routes() -> Routes<Arc<Orders>> {
    let refused = &[&core_codes::FORBIDDEN, &codes::NOT_PAID, &codes::REFUND_REFUSED, &core_codes::INVALID];
    Routes::new("Refunds", "Giving back all or a part.")
        .post(
            "/v1/orders/{id}/cancel",
            cancel,
            operation("cancelOrder", "Cancel an order")
                .text("All of it goes back, the money too. A repeat changes nothing.")
                .example(json!({ "reason": "bought twice" }))
                .returns::<Refund>(202, "it is on its way back")
                .problems(refused),
        )
        .post(
            "/v1/orders/{id}/refunds",
            create,
            operation("createRefund", "Give back a part")
                .text("Either `lines`, with `shipping` if that goes back too, or an `amount` without goods.")
                .staff()
                .example(json!({
                    "lines": [{ "variant_id": example_id::<Variant>(), "quantity": 1 }], "reason": "arrived broken",
                }))
                .returns::<Refund>(202, "it is on its way back")
                .problems(refused)
                .problem(&IDEMPOTENCY_MISMATCH),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// Printed in the mail to the buyer.
    #[serde(default)]
    #[schemars(length(max = REASON_MAX))]
    reason: String,
}

pub async fn cancel(
    State(service): State<Arc<Orders>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<OrderKind>,
    Body(body): Body<Cancel>,
) -> Result<(StatusCode, Json<Refund>), Problem> {
    let reason = checked_reason(body.reason)?;
    Ok((StatusCode::ACCEPTED, Json(actions::cancel_order(&service, &ctx, id, reason).await?)))
}

/// Either `lines` (with `shipping` if that goes back too) or `amount`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRefund {
    #[serde(default)]
    #[schemars(length(max = LINES_MAX))]
    lines: Vec<WantedLine>,
    #[serde(default)]
    shipping: bool,
    #[serde(default)]
    amount: Option<Money>,
    /// Printed in the mail to the buyer.
    #[schemars(length(max = REASON_MAX))]
    reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedLine {
    variant_id: Id<Variant>,
    #[schemars(range(min = 1, max = QUANTITY_MAX))]
    quantity: u32,
}

pub async fn create(
    State(service): State<Arc<Orders>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<OrderKind>,
    key: IdempotencyKey,
    Body(mut body): Body<CreateRefund>,
) -> Result<(StatusCode, Json<Refund>), Problem> {
    let reason = checked_reason(std::mem::take(&mut body.reason))?;
    let refund = actions::refund_order(&service, &ctx, id, key, wanted(body)?, reason).await?;
    Ok((StatusCode::ACCEPTED, Json(refund)))
}

fn wanted(body: CreateRefund) -> mainstay_core::Result<RefundRequest> {
    let invalid = |path: &str, why: &str| {
        Err(core_codes::INVALID.error("the refund is not clear").with_field(path, why))
    };
    if body.lines.len() > LINES_MAX {
        return invalid("lines", "has more than 500 entries");
    }
    if body.lines.iter().any(|line| line.quantity == 0) {
        return invalid("lines", "has a quantity of zero");
    }
    match (body.amount, body.lines.is_empty()) {
        (Some(amount), true) if !body.shipping => Ok(RefundRequest::Amount(amount)),
        (None, false) => {
            let line = |line: WantedLine| RefundLine { variant_id: line.variant_id, quantity: line.quantity };
            Ok(RefundRequest::Lines {
                lines: body.lines.into_iter().map(line).collect(),
                shipping: body.shipping,
            })
        }
        (None, true) if body.shipping => Ok(RefundRequest::Lines { lines: Vec::new(), shipping: true }),
        _ => invalid("amount", "is given with lines or shipping, or neither is given"),
    }
}

fn checked_reason(reason: String) -> mainstay_core::Result<String> {
    if reason.len() <= REASON_MAX {
        return Ok(reason);
    }
    Err(core_codes::INVALID.error("the reason is too long").with_field("reason", "has more than 500 bytes"))
}
