//! The use cases, one a file.

mod get_prices;
mod list_shipping_methods;
mod quote;
mod set_prices;
mod set_shipping_rates;

use std::sync::Arc;

use mainstay_access::Access;
use mainstay_audit::Audit;
use mainstay_events::Outbox;
use mainstay_sql::Database;

use crate::metrics::Metrics;
use crate::model::{ShippingTable, TaxTable};

pub use get_prices::get_prices;
pub use list_shipping_methods::list_shipping_methods;
pub use quote::{Basket, quote};
pub use set_prices::set_prices;
pub use set_shipping_rates::set_shipping_rates;

/// What every use case works on.
#[derive(Clone)]
pub struct Pricing {
    /// Pricing's own database: the price lists.
    pub db: Database,
    /// Where changed prices are told.
    pub outbox: Outbox,
    /// What is counted.
    pub metrics: Metrics,
    /// Rates by country.
    pub tax: Arc<TaxTable>,
    /// Methods by country and currency.
    pub shipping: Arc<ShippingTable>,
    /// Who may do what.
    pub access: Access,
    /// Who did what.
    pub audit: Audit,
}

#[cfg(test)]
mod tests;
