//! What outsiders call. Every route of pricing stands here; handlers extract, call an action and answer.

use axum::extract::State;
use axum::routing::{get, put};
use axum::{Json, Router};
use http::StatusCode;
use mainstay_core::{Currency, Error, Money, Result, codes};
use mainstay_http::{Body, Ctx, Problem, Query};
use serde::{Deserialize, Serialize};

use crate::actions::{self, Pricing};
use crate::model::{Offer, Price, VariantId};

/// The routes over the actions.
pub fn routes(pricing: Pricing) -> Router {
    Router::new()
        .route("/v1/shipping-methods", get(list_shipping_methods))
        .route("/v1/prices", put(set_prices))
        .with_state(pricing)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Destination {
    country: String,
    currency: Currency,
}

#[derive(Serialize)]
struct MethodsView {
    methods: Vec<MethodView>,
}

#[derive(Serialize)]
struct MethodView {
    code: String,
    name: String,
    net: Money,
}

async fn list_shipping_methods(
    State(pricing): State<Pricing>,
    Query(destination): Query<Destination>,
) -> Result<Json<MethodsView>, Problem> {
    let country = named("country", destination.country.parse())?;
    let offers = actions::list_shipping_methods(&pricing, country, destination.currency);
    let methods = offers.into_iter().map(|Offer { code, name, net }| MethodView { code, name, net });
    Ok(Json(MethodsView { methods: methods.collect() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPrices {
    prices: Vec<NewPrice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPrice {
    variant_id: VariantId,
    /// Net of tax; its currency names the list.
    amount: Money,
    /// `standard`, `reduced` or `zero`.
    tax_class: String,
}

async fn set_prices(
    State(pricing): State<Pricing>,
    Ctx(ctx): Ctx,
    Body(new): Body<NewPrices>,
) -> Result<StatusCode, Problem> {
    let mut prices = Vec::with_capacity(new.prices.len());
    for (place, price) in new.prices.iter().enumerate() {
        let class = named(&format!("prices[{place}].tax_class"), price.tax_class.parse())?;
        prices.push((price.variant_id, Price { amount: price.amount, class }));
    }
    actions::set_prices(&pricing, &ctx, prices).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells which field it was that could not be read.
fn named<T>(path: &str, read: Result<T, Error>) -> Result<T> {
    read.map_err(|error| {
        codes::INVALID.error("a field cannot be used").with_field(path, error.message().to_owned())
    })
}
