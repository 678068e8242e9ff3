//! Every query that pricing makes, on the database that it alone owns.

use mainstay_core::{Currency, Money, Result};
use mainstay_sql::{Tx, View};

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

/// Sets a price on its currency's list.
pub fn set_price(tx: &Tx<'_>, variant: VariantId, price: Price) -> Result<()> {
    tx.execute(
        "INSERT INTO prices (currency, variant_id, minor, tax_class) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (currency, variant_id) DO UPDATE SET minor = ?3, tax_class = ?4",
        &[
            price.amount.currency.as_str().into(),
            (&variant).into(),
            price.amount.minor.into(),
            price.class.as_str().into(),
        ],
    )?;
    Ok(())
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
