//! The use cases, one a file.

mod add_item;
mod change;
mod create;
mod forget;
mod get;
mod list;
mod lock;
mod login;
mod ordered;
mod set_address;
mod set_payment;
mod set_quantity;
mod set_shipping;
mod unlock;

use std::sync::Arc;

use mainstay_access::{Access, Relation};
use mainstay_core::{Context, Result};
use mainstay_rpc::{Channel, Peer};
use mainstay_sql::Database;
use shop_access_contracts::CART_USE;
use shop_catalog_contracts::CatalogClient;
use shop_pricing_contracts::PricingClient;

use crate::metrics::Metrics;

pub use add_item::{NewItem, add_item};
pub use create::create;
pub use forget::forget;
pub use get::{PricedCart, Totals, get};
pub use list::list;
pub use lock::lock;
pub use login::logged_in;
pub use ordered::ordered;
pub use set_address::set_address;
pub use set_payment::set_payment;
pub use set_quantity::{remove_item, set_quantity};
pub use set_shipping::set_shipping;
pub use unlock::unlock;

/// What every use case works on.
#[derive(Clone)]
pub struct Carts {
    /// The cart's own database.
    pub db: Database,
    /// Who knows what a variant is.
    pub catalog: Peer<CatalogClient<Channel>>,
    /// Who knows what a cart costs.
    pub pricing: Peer<PricingClient<Channel>>,
    /// Where an estimate assumes that the goods go, as long as the buyer has not said.
    pub estimate_for: Arc<str>,
    /// What is counted.
    pub metrics: Metrics,
    /// Who may do what.
    pub access: Access,
}

impl Carts {
    /// The buyer behind a request, as a cart's owner is written. A buyer reaches only their own carts: whose a cart is, is
    /// part of every query.
    ///
    /// # Errors
    /// `core.forbidden` for staff and services: a cart belongs to somebody who buys.
    fn buyer(&self, ctx: &Context) -> Result<String> {
        self.access.require(ctx, CART_USE, Relation::Own)?;
        Ok(ctx.principal().to_string())
    }
}
