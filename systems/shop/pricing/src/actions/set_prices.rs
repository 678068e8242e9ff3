//! Change the price lists.

use std::collections::{BTreeMap, HashSet};

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Currency, Money, Result, codes};
use mainstay_sql::Tx;
use serde::Serialize;
use shop_access_contracts::PRICES_WRITE;

use super::Pricing;
use crate::model::{PRICES_SET_MAX, Price, VariantId};
use crate::{events, store};

/// Sets prices, all or none. The currency of an amount names the list. Staff and services only.
///
/// # Errors
/// `core.invalid` for no prices, too many, a negative one, or one variant twice on a list.
pub async fn set_prices(pricing: &Pricing, ctx: &Context, prices: Vec<(VariantId, Price)>) -> Result<()> {
    pricing.access.require(ctx, PRICES_WRITE, Relation::Other)?;
    if prices.is_empty() || prices.len() > PRICES_SET_MAX {
        return Err(codes::INVALID
            .error("between 1 and 2000 prices are set at once")
            .with_field("prices", format!("there are {}", prices.len())));
    }
    let mut seen = HashSet::with_capacity(prices.len());
    for (place, (variant, price)) in prices.iter().enumerate() {
        let refuse = |path: &str, message: &str| {
            codes::INVALID
                .error("a price cannot be set")
                .with_field(format!("prices[{place}].{path}"), message)
        };
        if price.amount.minor < 0 {
            return Err(refuse("amount", "must not be negative"));
        }
        if !seen.insert((*variant, price.amount.currency)) {
            return Err(refuse("variant_id", "must not stand twice on one list"));
        }
    }
    let set = prices.len() as u64;
    let (outbox, audit, who) = (pricing.outbox.clone(), pricing.audit.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let before = recorded(&stored(tx, &prices)?);
        store::set_prices(tx, &prices)?;
        let entry = Entry::new("prices.set", "prices").before(&before)?.after(&recorded(&prices))?;
        audit.record(tx, &who, entry)?;
        events::prices_changed(&outbox, tx, &who, &prices)
    };
    pricing.db.write(ctx, write).await?;
    pricing.metrics.prices_set.inc_by(set);
    Ok(())
}

/// What these prices are now, list by list.
fn stored(tx: &Tx<'_>, prices: &[(VariantId, Price)]) -> Result<Vec<(VariantId, Price)>> {
    let mut lists: BTreeMap<String, (Currency, Vec<VariantId>)> = BTreeMap::new();
    for (variant, price) in prices {
        let currency = price.amount.currency;
        lists.entry(currency.to_string()).or_insert((currency, Vec::new())).1.push(*variant);
    }
    let mut found = Vec::with_capacity(prices.len());
    for (currency, variants) in lists.into_values() {
        let (Some(first), Some(last)) = (variants.iter().min(), variants.iter().max()) else { continue };
        // Of new variants, whose ids lie close together, none has a price; that is known without looking for each.
        if !store::has_price_between(tx, currency, *first, *last)? {
            continue;
        }
        found.extend(store::prices(tx, currency, &variants)?);
    }
    Ok(found)
}

/// A price as the audit log has it.
#[derive(Serialize)]
struct Recorded {
    variant: VariantId,
    amount: Money,
    class: &'static str,
}

fn recorded(prices: &[(VariantId, Price)]) -> Vec<Recorded> {
    let one = |(variant, price): &(VariantId, Price)| Recorded {
        variant: *variant,
        amount: price.amount,
        class: price.class.as_str(),
    };
    prices.iter().map(one).collect()
}
