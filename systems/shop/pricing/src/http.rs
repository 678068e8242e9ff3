//! What outsiders call. Every route of pricing stands here; handlers extract, call an action and answer.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::{Currency, Error, Money, Result, codes as core_codes};
use mainstay_http::contract::schema::example_id;
use mainstay_http::{Body, Ctx, Problem, Query, Routes, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop_catalog_contracts::Variant;

use crate::actions::{self, Pricing};
use crate::model::{Offer, PRICES_MAX, Price, VariantId};

/// The routes over the actions.
pub fn routes() -> Routes<Pricing> {
    Routes::new("Prices", "What things and their transport cost.")
        .get(
            "/v1/shipping-methods",
            list_shipping_methods,
            operation("listShippingMethods", "List how goods can travel to a country, and for how much")
                .returns::<MethodsView>(200, "the methods; none when the shop does not send there"),
        )
        .put(
            "/v1/prices",
            set_prices,
            operation("setPrices", "Set prices")
                .staff()
                .example(json!({ "prices": [{
                    "variant_id": example_id::<Variant>(), "amount": { "amount": "12.50", "currency": "GBP" },
                    "tax_class": "standard",
                }] }))
                .returns_nothing(204, "they hold from now on")
                .problem(&core_codes::INVALID),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Destination {
    /// ISO 3166-1 alpha-2.
    #[schemars(length(max = 2), regex(pattern = "^[A-Z]{2}$"))]
    country: String,
    currency: Currency,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShippingMethods")]
struct MethodsView {
    methods: Vec<MethodView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShippingMethod")]
struct MethodView {
    #[schemars(example = &"standard")]
    code: String,
    #[schemars(example = &"Standard")]
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPrices {
    #[schemars(length(min = 1, max = PRICES_MAX))]
    prices: Vec<NewPrice>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewPrice {
    variant_id: VariantId,
    /// Net of tax; its currency names the list.
    amount: Money,
    #[schemars(extend("enum" = ["standard", "reduced", "zero"]))]
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
        core_codes::INVALID.error("a field cannot be used").with_field(path, error.message().to_owned())
    })
}
