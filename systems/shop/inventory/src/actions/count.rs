//! Make stock what was counted: many variants at once, each by itself.

use std::collections::HashMap;

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Result};
use mainstay_sql::{Tx, View};
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
        let before = levels_of(tx, &counted)?;
        let (mut held, mut adjustments) = (Vec::new(), Vec::with_capacity(counted.len()));
        for (place, (variant, on_hand)) in counted.iter().enumerate() {
            let old = before.get(variant).copied().unwrap_or_default();
            let delta = on_hand - old.on_hand;
            match old.adjusted(delta) {
                Some(_) => adjustments.push(Adjustment { variant: *variant, delta, place }),
                None => held.push(*variant),
            }
        }
        // What was right is written into the books, too: a repeat must not take what was sold since for a mistake.
        let recorded = store::record_once(tx, &cause, &adjustments, tx.now())?;
        let (mut first, mut news, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for (Adjustment { variant, delta, .. }, is_new) in adjustments.iter().zip(recorded) {
            let old = before.get(variant).copied();
            let level = old.unwrap_or_default().adjusted(*delta);
            let Some(level) = level.filter(|_| is_new && *delta != 0) else { continue };
            match old {
                Some(_) => store::put_on_hand(tx, *variant, level.on_hand, true)?,
                None => first.push((*variant, level.on_hand)),
            }
            news.push((*variant, level));
            changed.push(Changed { variant: *variant, delta: *delta, on_hand: level.on_hand });
        }
        store::put_first(tx, &first)?;
        events::stocks_changed(&outbox, tx, &who, news, &cause)?;
        if !changed.is_empty() {
            audit.record(tx, &who, Entry::new("stock.adjust", cause.clone()).after(&changed)?)?;
        }
        Ok(held)
    };
    let held = stock.db.write(ctx, write).await?;
    stock.metrics.adjustments.inc();
    Ok(held)
}

/// The levels of what was counted, as far as there are any.
fn levels_of(view: &View<'_>, counted: &[(VariantId, i64)]) -> Result<HashMap<VariantId, Level>> {
    let variants: Vec<VariantId> = counted.iter().map(|(variant, _)| *variant).collect();
    let (Some(first), Some(last)) = (variants.iter().min(), variants.iter().max()) else {
        return Ok(HashMap::new());
    };
    // Of new variants, whose ids lie close together, none has a level; that is known without looking for each.
    if !store::has_level_between(view, *first, *last)? {
        return Ok(HashMap::new());
    }
    Ok(store::levels(view, &variants)?.into_iter().collect())
}
