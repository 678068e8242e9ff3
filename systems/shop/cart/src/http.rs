//! What outsiders call. Every route of the cart stands here; handlers extract, call an action and answer.

mod view;

use axum::routing::{get, post, put};
use axum::{Json, Router};
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, StatusCode};
use mainstay_core::Currency;
use mainstay_http::{Body, Ctx, IdempotencyKey, Path, PathId, Problem};
use serde::Deserialize;

use crate::actions::{self, Carts, NewItem};
use crate::model::{Address, CartId, VariantId};
use view::{CartView, CartsView};

/// The routes over the actions.
pub fn routes(carts: Carts) -> Router {
    Router::new()
        .route("/v1/carts", post(create).get(list))
        .route("/v1/carts/{cart}", get(show))
        .route("/v1/carts/{cart}/items", post(add_item))
        .route("/v1/carts/{cart}/items/{variant}", axum::routing::patch(set_quantity).delete(remove_item))
        .route("/v1/carts/{cart}/address", put(set_address))
        .route("/v1/carts/{cart}/shipping", put(set_shipping))
        .route("/v1/carts/{cart}/payment", put(set_payment))
        .with_state(carts)
}

type State = axum::extract::State<Carts>;
type Answer<T> = Result<T, Problem>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCart {
    currency: Currency,
}

async fn create(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    Body(new): Body<NewCart>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], Json<CartView>)> {
    let cart = actions::create(&carts, &ctx, new.currency).await?;
    let location = format!("/v1/carts/{}", cart.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(CartView::of(cart))))
}

async fn list(axum::extract::State(carts): State, Ctx(ctx): Ctx) -> Answer<Json<CartsView>> {
    let found = actions::list(&carts, &ctx).await?;
    Ok(Json(CartsView { carts: found.into_iter().map(CartView::of).collect() }))
}

async fn show(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    PathId(id): PathId<shop_cart_contracts::Cart>,
) -> Answer<Json<CartView>> {
    let priced = actions::get(&carts, &ctx, id).await?;
    Ok(Json(CartView::priced(priced)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemBody {
    variant_id: VariantId,
    quantity: u32,
}

async fn add_item(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    PathId(id): PathId<shop_cart_contracts::Cart>,
    headers: HeaderMap,
    Body(item): Body<ItemBody>,
) -> Answer<Json<CartView>> {
    let key = headers.get("idempotency-key").map(|key| IdempotencyKey::new(key.to_str().unwrap_or_default()));
    let item = NewItem { variant: item.variant_id, quantity: item.quantity, key: key.transpose()? };
    let cart = actions::add_item(&carts, &ctx, id, item).await?;
    Ok(Json(CartView::of(cart)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewQuantity {
    quantity: u32,
}

async fn set_quantity(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    Path((id, variant)): Path<(CartId, VariantId)>,
    Body(new): Body<NewQuantity>,
) -> Answer<Json<CartView>> {
    let cart = actions::set_quantity(&carts, &ctx, id, variant, new.quantity).await?;
    Ok(Json(CartView::of(cart)))
}

async fn remove_item(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    Path((id, variant)): Path<(CartId, VariantId)>,
) -> Answer<Json<CartView>> {
    let cart = actions::remove_item(&carts, &ctx, id, variant).await?;
    Ok(Json(CartView::of(cart)))
}

async fn set_address(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    PathId(id): PathId<shop_cart_contracts::Cart>,
    Body(address): Body<Address>,
) -> Answer<Json<CartView>> {
    let cart = actions::set_address(&carts, &ctx, id, address).await?;
    Ok(Json(CartView::of(cart)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewShipping {
    method: String,
}

async fn set_shipping(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    PathId(id): PathId<shop_cart_contracts::Cart>,
    Body(new): Body<NewShipping>,
) -> Answer<Json<CartView>> {
    let cart = actions::set_shipping(&carts, &ctx, id, new.method).await?;
    Ok(Json(CartView::of(cart)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPayment {
    token: String,
}

async fn set_payment(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    PathId(id): PathId<shop_cart_contracts::Cart>,
    Body(new): Body<NewPayment>,
) -> Answer<Json<CartView>> {
    let cart = actions::set_payment(&carts, &ctx, id, &new.token).await?;
    Ok(Json(CartView::of(cart)))
}
