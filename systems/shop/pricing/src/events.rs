//! What pricing publishes: prices as they stand after a change.

use std::collections::BTreeMap;

use mainstay_core::{Context, Result};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use shop_pricing_contracts::{self as wire, PricesChanged, TOPIC};

use crate::model::{Price, VariantId};

/// Tells the new prices, list by list. One change has at most 2,000 of them, some 120 kB.
pub fn prices_changed(
    outbox: &Outbox,
    tx: &Tx<'_>,
    ctx: &Context,
    prices: &[(VariantId, Price)],
) -> Result<()> {
    let mut lists: BTreeMap<&str, Vec<wire::Price>> = BTreeMap::new();
    for (variant, price) in prices {
        lists.entry(price.amount.currency.as_str()).or_default().push(wire::Price {
            variant_id: variant.to_vec(),
            amount: Some(price.amount.into()),
            tax_class: price.class.as_str().to_owned(),
        });
    }
    for (currency, prices) in lists {
        let event = PricesChanged { currency: currency.to_owned(), prices };
        outbox.append(tx, ctx, &TOPIC, currency, &event)?;
    }
    Ok(())
}
