//! The sums that the audit compares.

use std::collections::BTreeMap;

use mainstay_core::Result;
use mainstay_sql::View;

use crate::model::{Books, Level, VariantId};

/// Everything that bears on stock, as one view sees it.
pub fn books(view: &View<'_>) -> Result<Books> {
    let levels = view.query("SELECT variant_id, on_hand, held FROM levels", &[], |row| {
        Ok((row.get(0)?, Level { on_hand: row.get(1)?, held: row.get(2)? }))
    })?;
    let reserved = "SELECT variant_id, sum(quantity) FROM holds JOIN reservations ON id = reservation_id \
                    WHERE state = ?1 GROUP BY variant_id";
    Ok(Books {
        levels: levels.into_iter().collect(),
        adjusted: sums(
            view,
            "SELECT variant_id, sum(delta) FROM adjustments WHERE ?1 = 0 GROUP BY variant_id",
            0,
        )?,
        held: sums(view, reserved, 1)?,
        committed: sums(view, reserved, 2)?,
    })
}

fn sums(view: &View<'_>, sql: &str, state: i64) -> Result<BTreeMap<VariantId, i64>> {
    let rows = view.query(sql, &[state.into()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.into_iter().collect())
}
