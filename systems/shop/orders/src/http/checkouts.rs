//! `/v1/checkouts`: buy a cart.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use mainstay_core::{Context, Id, Money, codes as core_codes};
use mainstay_http::codes::IDEMPOTENCY_MISMATCH;
use mainstay_http::contract::schema::example_id;
use mainstay_http::{Body, Ctx, IdempotencyKey, Links, PathId, Problem, Routes, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop_cart_contracts::Cart;
use shop_cart_contracts::codes::{CHECKOUT_RUNNING, EMPTY, INCOMPLETE, ORDERED, UNKNOWN, UNLOCKED};
use shop_inventory_contracts::codes::{HOLD_EXPIRED, OUT_OF_STOCK};
use shop_orders_contracts::Checkout;
use shop_pricing_contracts::codes::{PRICE_MISSING, SHIPPING_UNKNOWN};

use super::orders::OrderView;
use crate::Orders;
use crate::actions::{self, CheckoutView, NewCheckout};
use crate::codes;

pub fn routes() -> Routes<Arc<Orders>> {
    // A checkout that went back answers with what turned it back.
    let turned_back = &[
        &codes::PRICES_CHANGED,
        &codes::PAYMENT_TIMEOUT,
        &codes::PAYMENT_DECLINED,
        &OUT_OF_STOCK,
        &HOLD_EXPIRED,
        &CHECKOUT_RUNNING,
        &ORDERED,
        &EMPTY,
        &INCOMPLETE,
        &UNLOCKED,
        &UNKNOWN,
        &PRICE_MISSING,
        &SHIPPING_UNKNOWN,
        &core_codes::INVALID,
        &core_codes::NOT_FOUND,
        &core_codes::FORBIDDEN,
    ];
    Routes::new("Checkouts", "Buying a cart: prices are fixed, goods held, money set aside, the order placed.")
        .post(
            "/v1/checkouts",
            create,
            operation("createCheckout", "Buy a cart")
                .text(
                    "Waits until the order is placed, at most ten seconds. The same key asks again and never buys twice.",
                )
                .example(json!({ "cart_id": example_id::<Cart>() }))
                .returns::<OrderView<'static>>(201, "the order is placed")
                .with_header("location", "Where the order is.")
                .returns::<Pending>(202, "it goes on: ask at the location, or pass the challenge")
                .with_header("location", "Where the checkout is.")
                .problems(turned_back)
                .problem(&IDEMPOTENCY_MISMATCH),
        )
        .get(
            "/v1/checkouts/{id}",
            show,
            operation("getCheckout", "Show how a checkout stands")
                .returns::<OrderView<'static>>(200, "the order is placed")
                .with_header("location", "Where the order is.")
                .returns::<Pending>(202, "it goes on")
                .with_header("location", "Where the checkout is.")
                .problems(turned_back),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCheckout {
    cart_id: Id<Cart>,
    /// What the buyer saw; the checkout is refused when the total has become another.
    #[serde(default)]
    expected_total: Option<Money>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Checkout")]
struct Pending {
    id: Id<Checkout>,
    /// `running`, `payment_pending` or `challenge`.
    #[schemars(example = &"challenge")]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"https://pay.example/challenges/7")]
    challenge_url: Option<String>,
    /// Where to ask again, and the challenge when there is one.
    #[serde(rename = "_links")]
    links: Links,
}

pub async fn create(
    State(service): State<Arc<Orders>>,
    Ctx(ctx): Ctx,
    key: IdempotencyKey,
    Body(body): Body<CreateCheckout>,
) -> Result<Response, Problem> {
    let new = NewCheckout { cart_id: body.cart_id, expected_total: body.expected_total };
    let (id, view) = actions::start_checkout(&service, &ctx, key, new).await?;
    answer(&ctx, id, view, StatusCode::CREATED)
}

pub async fn show(
    State(service): State<Arc<Orders>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<Checkout>,
) -> Result<Response, Problem> {
    let view = actions::view_checkout(&service, &ctx, id).await?;
    answer(&ctx, id, view, StatusCode::OK)
}

fn answer(
    ctx: &Context,
    id: Id<Checkout>,
    view: CheckoutView,
    placed: StatusCode,
) -> Result<Response, Problem> {
    let pending = |status, challenge_url: Option<String>| {
        let links = Links::itself(format!("/v1/checkouts/{id}"));
        let links = match &challenge_url {
            Some(url) => links.read("passChallenge", url),
            None => links,
        };
        let location = [(header::LOCATION, format!("/v1/checkouts/{id}"))];
        (StatusCode::ACCEPTED, location, Json(Pending { id, status, challenge_url, links })).into_response()
    };
    Ok(match view {
        CheckoutView::Placed(order) => {
            let location = [(header::LOCATION, format!("/v1/orders/{}", order.id))];
            (placed, location, Json(OrderView::of(ctx, &order)?)).into_response()
        }
        CheckoutView::Refused(error) => return Err(error.into()),
        CheckoutView::Running => pending("running", None),
        CheckoutView::AwaitingPayment { challenge_url: None } => pending("payment_pending", None),
        CheckoutView::AwaitingPayment { challenge_url } => pending("challenge", challenge_url),
    })
}
