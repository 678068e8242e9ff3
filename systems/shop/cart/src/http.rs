//! What outsiders call. Every route of the cart stands here; handlers extract, call an action and answer.

mod view;

use std::sync::Arc;

use axum::Json;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use mainstay_core::{Currency, codes as core_codes};
use mainstay_http::codes::IDEMPOTENCY_MISMATCH;
use mainstay_http::contract::schema::example_id;
use mainstay_http::{Body, Ctx, IdempotencyKey, Path, PathId, Problem, Routes, operation};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use shop_catalog_contracts::Variant;

use crate::actions::{self, Carts, NewItem};
use crate::codes;
use crate::model::{Address, CartId, QUANTITY_MAX, VariantId};
use view::{CartView, CartsView};

/// The routes over the actions.
pub fn routes() -> Routes<Arc<Carts>> {
    let of_a_cart = &[&codes::UNKNOWN, &codes::CHECKOUT_RUNNING, &codes::ORDERED, &core_codes::FORBIDDEN];
    Routes::new("Carts", "What somebody is about to buy. A visitor's carts are the account's after a login.")
        .post(
            "/v1/carts",
            create,
            operation("createCart", "Begin a cart")
                .example(json!({ "currency": "GBP" }))
                .returns::<CartView>(201, "the cart, empty")
                .with_header("location", "Where the cart is.")
                .problem(&core_codes::FORBIDDEN),
        )
        .get(
            "/v1/carts",
            list,
            operation("listCarts", "List one's carts")
                .returns::<CartsView>(200, "those that are open or being bought, the oldest first")
                .problem(&core_codes::FORBIDDEN),
        )
        .get(
            "/v1/carts/{cart}",
            show,
            operation("getCart", "Show a cart with what it costs")
                .returns::<CartView>(200, "the cart")
                .problems(&[&codes::UNKNOWN, &core_codes::FORBIDDEN]),
        )
        .post(
            "/v1/carts/{cart}/items",
            add_item,
            operation("addItem", "Put pieces in")
                .text("They add to those of the same variant that are there. With a key, a repeat adds nothing.")
                .example(json!({ "variant_id": example_id::<Variant>(), "quantity": 2 }))
                .returns::<CartView>(200, "the cart as it is now")
                .problems(of_a_cart)
                .problems(&[&codes::TOO_LARGE, &codes::NOT_SOLD, &core_codes::INVALID, &IDEMPOTENCY_MISMATCH]),
        )
        .patch(
            "/v1/carts/{cart}/items/{variant}",
            set_quantity,
            operation("setQuantity", "Change how many pieces")
                .text("None takes the line out.")
                .example(json!({ "quantity": 3 }))
                .returns::<CartView>(200, "the cart as it is now")
                .problems(of_a_cart)
                .problems(&[&codes::LINE_UNKNOWN, &codes::TOO_LARGE]),
        )
        .delete(
            "/v1/carts/{cart}/items/{variant}",
            remove_item,
            operation("removeItem", "Take a line out")
                .returns::<CartView>(200, "the cart as it is now")
                .problems(of_a_cart),
        )
        .put(
            "/v1/carts/{cart}/address",
            set_address,
            operation("setAddress", "Say where the goods go")
                .example(json!({
                    "email": "ada@example.org", "name": "Ada Marlow", "line1": "1 Harbour Row", "city": "London",
                    "postcode": "E1 6AN", "country": "GB",
                }))
                .returns::<CartView>(200, "the cart as it is now")
                .problems(of_a_cart)
                .problem(&core_codes::INVALID),
        )
        .put(
            "/v1/carts/{cart}/shipping",
            set_shipping,
            operation("setShipping", "Choose how the goods travel")
                .example(json!({ "method": "standard" }))
                .returns::<CartView>(200, "the cart as it is now")
                .problems(of_a_cart),
        )
        .put(
            "/v1/carts/{cart}/payment",
            set_payment,
            operation("setPayment", "Say what to pay with")
                .text("The provider's token, never a card number.")
                .example(json!({ "token": "tok_ok" }))
                .returns::<CartView>(200, "the cart as it is now")
                .problems(of_a_cart)
                .problem(&core_codes::INVALID),
        )
}

type State = axum::extract::State<Arc<Carts>>;
type Answer<T> = Result<T, Problem>;

#[derive(Deserialize, JsonSchema)]
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ItemBody {
    variant_id: VariantId,
    #[schemars(range(min = 1, max = QUANTITY_MAX))]
    quantity: u32,
}

async fn add_item(
    axum::extract::State(carts): State,
    Ctx(ctx): Ctx,
    PathId(id): PathId<shop_cart_contracts::Cart>,
    key: Option<IdempotencyKey>,
    Body(item): Body<ItemBody>,
) -> Answer<Json<CartView>> {
    let item = NewItem { variant: item.variant_id, quantity: item.quantity, key };
    let cart = actions::add_item(&carts, &ctx, id, item).await?;
    Ok(Json(CartView::of(cart)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewQuantity {
    /// Zero takes the line out.
    #[schemars(range(max = QUANTITY_MAX))]
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewShipping {
    /// A code that `/v1/shipping-methods` lists.
    #[schemars(length(max = 40), regex(pattern = "^[a-z0-9_-]{1,40}$"))]
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPayment {
    #[schemars(length(max = 200), regex(pattern = "^[!-~]{1,200}$"))]
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
