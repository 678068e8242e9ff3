//! Every query that pricing makes, on the database that it alone owns.

use mainstay_core::{Currency, Money, Result};
use mainstay_sql::{Tx, View};

use crate::model::{Price, VariantId};

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
