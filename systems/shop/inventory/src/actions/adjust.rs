//! Change stock for a reason: a delivery, a count, a return.

use std::collections::HashMap;

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Error, Result};
use mainstay_sql::Tx;
use serde_json::json;
use shop_access_contracts::STOCK_ADJUST;

use super::Stock;
use crate::codes::{CAUSE_REUSED, OUT_OF_STOCK};
use crate::model::{Level, VariantId, merge_adjustments};
use crate::{events, store};

/// Applies all adjustments of a cause, once: a repeat changes nothing. Answers the levels after it. Staff and
/// services only.
///
/// # Errors
/// `inventory.out_of_stock` when fewer pieces would be left than are held, `inventory.cause_reused` for other
/// adjustments than before under this cause.
pub async fn adjust(
    stock: &Stock,
    ctx: &Context,
    cause: String,
    asked: Vec<(VariantId, i64)>,
) -> Result<Vec<(VariantId, Level)>> {
    stock.access.require(ctx, STOCK_ADJUST, Relation::Other)?;
    let adjustments = merge_adjustments(&cause, asked)?;
    let (outbox, audit, who) = (stock.outbox.clone(), stock.audit.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let wanted = adjustments.iter().map(|adjustment| (adjustment.variant, adjustment.delta));
        let variants: Vec<VariantId> = adjustments.iter().map(|adjustment| adjustment.variant).collect();
        let earlier = store::adjustments(tx, &cause)?;
        if !earlier.is_empty() {
            if !wanted.eq(earlier) {
                return Err(CAUSE_REUSED.error("this cause has changed the stock in another way already"));
            }
            return store::levels(tx, &variants);
        }
        let before: HashMap<VariantId, Level> = store::levels(tx, &variants)?.into_iter().collect();
        let mut levels = Vec::with_capacity(adjustments.len());
        let mut refused: Option<Error> = None;
        for adjustment in &adjustments {
            let known = before.get(&adjustment.variant).copied();
            let Some(level) = known.unwrap_or_default().adjusted(adjustment.delta) else {
                let error =
                    refused.unwrap_or_else(|| OUT_OF_STOCK.error("the stock cannot change by that much"));
                let path = format!("adjustments[{}].delta", adjustment.place);
                refused = Some(error.with_field(path, "would leave fewer pieces than are held, or too many"));
                continue;
            };
            store::put_on_hand(tx, adjustment.variant, level.on_hand, known.is_some())?;
            store::record_adjustment(tx, &cause, adjustment, tx.now())?;
            events::stock_changed(&outbox, tx, &who, adjustment.variant, level, &cause)?;
            levels.push((adjustment.variant, level));
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        let changed: Vec<_> = adjustments
            .iter()
            .zip(&levels)
            .map(|(adjustment, (variant, level))| {
                json!({"variant": variant, "delta": adjustment.delta, "on_hand": level.on_hand})
            })
            .collect();
        audit.record(tx, &who, Entry::new("stock.adjust", cause.clone()).after(&changed)?)?;
        Ok(levels)
    };
    let levels = stock.db.write(ctx, write).await?;
    stock.metrics.adjustments.inc();
    Ok(levels)
}
