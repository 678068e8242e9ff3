//! Tell the ways to send a parcel.

use mainstay_core::Currency;

use super::Pricing;
use crate::model::{Country, Offer};

/// The methods that go to a country in a currency, with their net price; none if none does.
pub fn list_shipping_methods(pricing: &Pricing, country: Country, currency: Currency) -> Vec<Offer> {
    pricing.shipping.list(country, currency).into_iter().cloned().collect()
}
