//! What was sold, by day, country and currency.

use mainstay_access::Relation;
use mainstay_core::{Context, Result};
use shop_access_contracts::REPORTS_SALES;

use crate::Orders;
use crate::store::{self, SalesDay};

/// Rows that one report may have: a year of every country that the shop is likely to send to.
const ROWS_MAX: u32 = 20_000;

/// The days from `from` to `to`, both included and written `2030-01-31`. Staff only. Eventually consistent with
/// nothing: it is written with the orders themselves.
pub async fn sales_report(orders: &Orders, ctx: &Context, from: String, to: String) -> Result<Vec<SalesDay>> {
    orders.access.require(ctx, REPORTS_SALES, Relation::Other)?;
    orders.db.read(ctx, move |view| store::sales(view, &from, &to, ROWS_MAX)).await
}
