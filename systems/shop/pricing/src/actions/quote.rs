//! Price a basket.

use mainstay_core::{Context, Currency, Money, Result};
use mainstay_sql::View;

use super::Pricing;
use crate::codes::SHIPPING_UNKNOWN;
use crate::model::{self, Country, LINES_MAX, Line, Quote, VariantId};
use crate::store;

/// What is to be priced.
#[derive(Clone, Debug)]
pub struct Basket {
    /// Whose price list.
    pub currency: Currency,
    /// Where it goes: decides about tax and shipping.
    pub country: Country,
    /// What is in it.
    pub lines: Vec<Line>,
    /// How it goes; nothing for a quote without shipping.
    pub shipping_method: Option<String>,
}

/// What the basket costs. Prices are read from the database each time: that costs some microseconds, and no answer is
/// ever older than the price list.
///
/// # Errors
/// `pricing.shipping_unknown`, and those of the model's rule.
pub async fn quote(pricing: &Pricing, ctx: &Context, basket: Basket) -> Result<Quote> {
    let outcome = work_out(pricing, ctx, basket).await;
    pricing.metrics.quoted(&outcome);
    outcome
}

async fn work_out(pricing: &Pricing, ctx: &Context, basket: Basket) -> Result<Quote> {
    let Basket { currency, country, lines, shipping_method } = basket;
    let public = match &shipping_method {
        None => Some(Money::zero(currency)),
        Some(code) => pricing.shipping.find(code, country, currency).map(|offer| offer.net),
    };
    let rates = pricing.tax.rates(country);
    // An absurd number of lines is refused by the rule; it must not become an absurd number of look-ups first.
    let wanted: Vec<VariantId> = lines.iter().take(LINES_MAX).map(|line| line.variant).collect();
    let read = move |view: &View<'_>| {
        let delivery = match (public, &shipping_method) {
            (None, Some(code)) => store::shipping_rate(view, currency, code)?,
            (public, _) => public,
        };
        Ok((store::prices(view, currency, &wanted)?, delivery))
    };
    let (prices, delivery) = pricing.db.read(ctx, read).await?;
    let delivery = delivery.ok_or_else(|| {
        SHIPPING_UNKNOWN
            .error("this shipping method does not go to this country in this currency")
            .with_field("shipping_method", "is not offered for the destination")
    })?;
    model::quote(&lines, &prices.into_iter().collect(), rates, delivery)
}
