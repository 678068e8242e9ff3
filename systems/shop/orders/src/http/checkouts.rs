//! `/v1/checkouts`: buy a cart.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use mainstay_core::{Id, Money};
use mainstay_http::{Body, Ctx, IdempotencyKey, PathId, Problem};
use serde::{Deserialize, Serialize};
use shop_cart_contracts::Cart;
use shop_orders_contracts::Checkout;

use super::orders::OrderView;
use crate::Orders;
use crate::actions::{self, CheckoutView, NewCheckout};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateCheckout {
    cart_id: Id<Cart>,
    /// What the buyer saw; the checkout is refused when the total has become another.
    #[serde(default)]
    expected_total: Option<Money>,
}

#[derive(Serialize)]
struct Pending {
    id: Id<Checkout>,
    /// `running`, `payment_pending` or `challenge`.
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_url: Option<String>,
}

pub async fn create(
    State(service): State<Orders>,
    Ctx(ctx): Ctx,
    key: IdempotencyKey,
    Body(body): Body<CreateCheckout>,
) -> Result<Response, Problem> {
    let new = NewCheckout { cart_id: body.cart_id, expected_total: body.expected_total };
    let (id, view) = actions::start_checkout(&service, &ctx, key, new).await?;
    answer(id, view, StatusCode::CREATED)
}

pub async fn show(
    State(service): State<Orders>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<Checkout>,
) -> Result<Response, Problem> {
    let view = actions::view_checkout(&service, &ctx, id).await?;
    answer(id, view, StatusCode::OK)
}

fn answer(id: Id<Checkout>, view: CheckoutView, placed: StatusCode) -> Result<Response, Problem> {
    let pending = |status, challenge_url| {
        let location = [(header::LOCATION, format!("/v1/checkouts/{id}"))];
        (StatusCode::ACCEPTED, location, Json(Pending { id, status, challenge_url })).into_response()
    };
    Ok(match view {
        CheckoutView::Placed(order) => {
            let location = [(header::LOCATION, format!("/v1/orders/{}", order.id))];
            (placed, location, Json(OrderView::of(&order)?)).into_response()
        }
        CheckoutView::Refused(error) => return Err(error.into()),
        CheckoutView::Running => pending("running", None),
        CheckoutView::AwaitingPayment { challenge_url: None } => pending("payment_pending", None),
        CheckoutView::AwaitingPayment { challenge_url } => pending("challenge", challenge_url),
    })
}
