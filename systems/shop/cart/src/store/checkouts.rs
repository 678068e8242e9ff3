//! Checkouts that unlocked.

use mainstay_core::Result;
use mainstay_sql::{Tx, View};

use crate::model::CheckoutId;

/// Records that a checkout has unlocked.
pub fn call_off(tx: &Tx<'_>, checkout: CheckoutId) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO called_off (checkout_id, at) VALUES (?1, ?2)";
    tx.execute(sql, &[(&checkout).into(), tx.now().into()])?;
    Ok(())
}

/// Whether a checkout has unlocked.
pub fn is_called_off(view: &View<'_>, checkout: CheckoutId) -> Result<bool> {
    let found =
        view.query_one("SELECT 1 FROM called_off WHERE checkout_id = ?1", &[(&checkout).into()], |_| Ok(()))?;
    Ok(found.is_some())
}
