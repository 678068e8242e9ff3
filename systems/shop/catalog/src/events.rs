//! What the catalogue publishes: a product as it stands after each change.

use mainstay_core::{Context, Result};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use shop_catalog_contracts::{ProductChanged, TOPIC};

use crate::messages;
use crate::model::Product;

/// Tells that a product was created or replaced.
pub fn product_changed(outbox: &Outbox, tx: &Tx<'_>, ctx: &Context, product: &Product) -> Result<()> {
    let event = ProductChanged { product: Some(messages::product(product)) };
    outbox.append(tx, ctx, &TOPIC, &product.id.to_string(), &event)
}
