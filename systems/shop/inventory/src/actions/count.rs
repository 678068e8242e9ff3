//! Make stock what was counted: many variants at once, each by itself.

use std::collections::HashMap;

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Result};
use mainstay_sql::Tx;
use serde::Serialize;
use shop_access_contracts::STOCK_ADJUST;

use super::Stock;
use crate::model::{Adjustment, Level, VariantId, check_counts};
use crate::{events, store};

/// What the audit log has of a change.
#[derive(Serialize)]
struct Changed {
    variant: VariantId,
    delta: i64,
    on_hand: i64,
}

/// Makes the stock of each variant what was counted, once for each cause: what this cause counted before stays as it is
/// now. Answers the variants of which more is held, which stay as they are. Staff and services only.
///
/// # Errors
/// `core.invalid` for a cause that is none, no counts, too many, one below nothing or absurd, or a variant twice.
pub async fn count(
    stock: &Stock,
    ctx: &Context,
    cause: String,
    counted: Vec<(VariantId, i64)>,
) -> Result<Vec<VariantId>> {
    stock.access.require(ctx, STOCK_ADJUST, Relation::Other)?;
    let counted = check_counts(&cause, counted)?;
    let (outbox, audit, who) = (stock.outbox.clone(), stock.audit.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let variants: Vec<VariantId> = counted.iter().map(|(variant, _)| *variant).collect();
        let before: HashMap<VariantId, Level> = store::levels(tx, &variants)?.into_iter().collect();
        let (mut held, mut changed) = (Vec::new(), Vec::new());
        for (place, (variant, on_hand)) in counted.iter().enumerate() {
            let known = before.get(variant).copied();
            let old = known.unwrap_or_default();
            let delta = on_hand - old.on_hand;
            let Some(level) = old.adjusted(delta) else {
                held.push(*variant);
                continue;
            };
            // What was right is written into the books, too: a repeat must not take what was sold since for a mistake.
            let adjustment = Adjustment { variant: *variant, delta, place };
            if !store::record_once(tx, &cause, &adjustment, tx.now())? || delta == 0 {
                continue;
            }
            store::put_on_hand(tx, *variant, level.on_hand, known.is_some())?;
            events::stock_changed(&outbox, tx, &who, *variant, level, &cause)?;
            changed.push(Changed { variant: *variant, delta, on_hand: level.on_hand });
        }
        if !changed.is_empty() {
            audit.record(tx, &who, Entry::new("stock.adjust", cause.clone()).after(&changed)?)?;
        }
        Ok(held)
    };
    let held = stock.db.write(ctx, write).await?;
    stock.metrics.adjustments.inc();
    Ok(held)
}
