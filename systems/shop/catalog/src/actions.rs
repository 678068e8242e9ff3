//! The use cases, one a file.

mod get_product;
mod get_variants;
mod list_products;
mod put_product;

use mainstay_core::Context;
use mainstay_core::Principal;
use mainstay_events::Outbox;
use mainstay_sql::Database;

pub use get_product::{Wanted, get_product};
pub use get_variants::get_variants;
pub use list_products::list_products;
pub use put_product::put_product;

/// What every use case works on.
#[derive(Clone)]
pub struct Catalog {
    /// The catalogue's own database.
    pub db: Database,
    /// Where changes are told.
    pub outbox: Outbox,
}

/// Whether the caller sees what is not for sale.
fn sees_hidden(ctx: &Context) -> bool {
    matches!(ctx.principal(), Principal::Staff(_) | Principal::Service(_))
}

#[cfg(test)]
mod tests;
