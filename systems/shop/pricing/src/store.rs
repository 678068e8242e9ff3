//! Every query that pricing makes, on the database that it alone owns.

use mainstay_core::{Currency, Money, Result};
use mainstay_sql::{Param, Tx, View};

use crate::model::{Offer, Price, VariantId};

/// The prices of these variants on a currency's list, in no order; variants without one are absent.
pub fn prices(
    view: &View<'_>,
    currency: Currency,
    variants: &[VariantId],
) -> Result<Vec<(VariantId, Price)>> {
    let list: Vec<_> = variants.iter().map(Into::into).collect();
    let sql = "SELECT variant_id, minor, tax_class FROM prices WHERE currency = ?1 AND variant_id IN (:list)";
    view.query_list(sql, &[currency.as_str().into()], &list, |row| {
        let price = Price { amount: Money::new(row.get(1)?, currency), class: row.text(2)?.parse()? };
        Ok((row.get(0)?, price))
    })
}

/// Whether any variant between these two has a price on a currency's list.
pub fn has_price_between(
    view: &View<'_>,
    currency: Currency,
    first: VariantId,
    last: VariantId,
) -> Result<bool> {
    let sql = "SELECT 1 FROM prices WHERE currency = ?1 AND variant_id BETWEEN ?2 AND ?3 LIMIT 1";
    let found =
        view.query_one(sql, &[currency.as_str().into(), (&first).into(), (&last).into()], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Sets prices on their currencies' lists.
pub fn set_prices(tx: &Tx<'_>, prices: &[(VariantId, Price)]) -> Result<()> {
    let rows: Vec<[Param<'_>; 4]> = prices.iter().map(row).collect();
    tx.execute_rows(
        "INSERT INTO prices (currency, variant_id, minor, tax_class) VALUES :rows \
         ON CONFLICT (currency, variant_id) DO UPDATE SET minor = excluded.minor, tax_class = excluded.tax_class",
        &rows,
    )
    .map(drop)
}

fn row((variant, price): &(VariantId, Price)) -> [Param<'_>; 4] {
    [
        price.amount.currency.as_str().into(),
        variant.into(),
        price.amount.minor.into(),
        price.class.as_str().into(),
    ]
}

/// What was agreed on under a code in a currency.
pub fn shipping_rate(view: &View<'_>, currency: Currency, code: &str) -> Result<Option<Money>> {
    view.query_one(
        "SELECT minor FROM shipping_rates WHERE currency = ?1 AND code = ?2",
        &[currency.as_str().into(), code.into()],
        |row| Ok(Money::new(row.get(0)?, currency)),
    )
}

/// Agrees on a rate, or on another one than before.
pub fn set_shipping_rate(tx: &Tx<'_>, rate: &Offer) -> Result<()> {
    tx.execute(
        "INSERT INTO shipping_rates (currency, code, name, minor) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (currency, code) DO UPDATE SET name = ?3, minor = ?4",
        &[rate.net.currency.as_str().into(), (&rate.code).into(), (&rate.name).into(), rate.net.minor.into()],
    )?;
    Ok(())
}
