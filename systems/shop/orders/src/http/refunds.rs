//! `/v1/orders/{id}/cancel` and `/refunds`: give back all or a part.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mainstay_core::{Id, Money, codes};
use mainstay_http::{Body, Ctx, IdempotencyKey, PathId, Problem};
use serde::Deserialize;
use shop_catalog_contracts::Variant;
use shop_orders_contracts::Order as OrderKind;

use crate::Orders;
use crate::actions;
use crate::model::{Refund, RefundLine, RefundRequest};

/// Words of a reason; it is printed in a mail.
const REASON_MAX: usize = 500;
/// Lines of one refund, as many as a cart may have.
const LINES_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    #[serde(default)]
    reason: String,
}

pub async fn cancel(
    State(service): State<Orders>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<OrderKind>,
    Body(body): Body<Cancel>,
) -> Result<(StatusCode, Json<Refund>), Problem> {
    let reason = checked_reason(body.reason)?;
    Ok((StatusCode::ACCEPTED, Json(actions::cancel_order(&service, &ctx, id, reason).await?)))
}

/// Either `lines` (with `shipping` if that goes back too) or `amount`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRefund {
    #[serde(default)]
    lines: Vec<WantedLine>,
    #[serde(default)]
    shipping: bool,
    #[serde(default)]
    amount: Option<Money>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedLine {
    variant_id: Id<Variant>,
    quantity: u32,
}

pub async fn create(
    State(service): State<Orders>,
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
    let invalid =
        |path: &str, why: &str| Err(codes::INVALID.error("the refund is not clear").with_field(path, why));
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
    Err(codes::INVALID.error("the reason is too long").with_field("reason", "has more than 500 bytes"))
}
