//! What inventory publishes: every change of a level, in the transaction of the change.

use mainstay_core::{Context, Result};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use shop_inventory_contracts::{StockChanged, TOPIC};

use crate::model::{Level, VariantId};

/// Tells that a variant's level is `level` now, and why.
pub fn stock_changed(
    outbox: &Outbox,
    tx: &Tx<'_>,
    ctx: &Context,
    variant: VariantId,
    level: Level,
    cause: &str,
) -> Result<()> {
    stocks_changed(outbox, tx, ctx, [(variant, level)], cause)
}

/// [`stock_changed`] of many variants.
pub fn stocks_changed(
    outbox: &Outbox,
    tx: &Tx<'_>,
    ctx: &Context,
    levels: impl IntoIterator<Item = (VariantId, Level)>,
    cause: &str,
) -> Result<()> {
    let events = levels.into_iter().map(|(variant, level)| {
        let event = StockChanged {
            variant_id: variant.to_vec(),
            on_hand: level.on_hand,
            held: level.held,
            available: level.available(),
            cause: cause.to_owned(),
        };
        (variant.to_string(), event)
    });
    outbox.append_all(tx, ctx, &TOPIC, events)
}
