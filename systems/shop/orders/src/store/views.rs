//! What is derived from the facts: the order list, one row an order, and the sales, one row a day, country and
//! currency. Both follow in the transaction of the fact, and can be rebuilt beside what is being read.

use mainstay_core::{Currency, Id, Money, Result, Timestamp};
use mainstay_sql::{Row, Tx, View};
use mainstay_workflow::{Projection, Recorded, generation};
use serde::Serialize;
use shop_orders_contracts::Order as OrderKind;

use super::facts::History;
use crate::model::{Fact, Owner, Refund, Sale, State};

/// The name under which the projection keeps its position.
const NAME: &str = "orders.views";

/// Keeps both tables.
pub struct Views;

impl Projection<History> for Views {
    fn name(&self) -> &'static str {
        NAME
    }

    fn apply(&self, tx: &Tx<'_>, generation: i64, event: &Recorded<History>) -> Result<()> {
        match &event.event {
            Fact::Placed { number, placed_at, sale, .. } => {
                list_sale(tx, generation, event.id, number, *placed_at, sale)?;
                let sold = Change { orders: 1, net: sale.net.minor, tax: sale.tax.minor, refunded: 0 };
                count(tx, generation, *placed_at, &sale.address.country, sale.currency(), &sold)
            }
            Fact::Paid { .. } => set_paid(tx, generation, event.id),
            Fact::Refunded { refund, country, at } => {
                list_refund(tx, generation, event.id, refund)?;
                let given = Change { orders: 0, net: 0, tax: 0, refunded: refund.amount.minor };
                count(tx, generation, at.unwrap_or(event.at), country, refund.amount.currency, &given)
            }
            // What is only asked for or refused is no part of the list or the books.
            Fact::RefundRequested { .. } | Fact::RefundFailed { .. } => Ok(()),
        }
    }

    fn clear(&self, tx: &Tx<'_>, generation: i64, limit: u32) -> Result<u64> {
        let orders = tx.execute(
            "DELETE FROM order_list WHERE (generation, id) IN
                 (SELECT generation, id FROM order_list WHERE generation = ?1 LIMIT ?2)",
            &[generation.into(), limit.into()],
        )?;
        // A row a day and country: there are never many.
        let days = tx.execute("DELETE FROM sales_by_day WHERE generation = ?1", &[generation.into()])?;
        Ok(orders + days)
    }
}

fn list_sale(
    tx: &Tx<'_>,
    generation: i64,
    id: Id<OrderKind>,
    number: &str,
    placed_at: Timestamp,
    sale: &Sale,
) -> Result<()> {
    tx.execute(
        "INSERT INTO order_list
             (generation, id, owner, number, state, currency, total_minor, refunded_minor, placed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)",
        &[
            generation.into(),
            (&id).into(),
            sale.owner.0.as_str().into(),
            number.into(),
            State::Placed.as_str().into(),
            sale.currency().as_str().into(),
            sale.total.minor.into(),
            placed_at.into(),
        ],
    )
    .map(drop)
}

fn set_paid(tx: &Tx<'_>, generation: i64, id: Id<OrderKind>) -> Result<()> {
    tx.execute(
        "UPDATE order_list SET state = ?3 WHERE generation = ?1 AND id = ?2",
        &[generation.into(), (&id).into(), State::Paid.as_str().into()],
    )
    .map(drop)
}

fn list_refund(tx: &Tx<'_>, generation: i64, id: Id<OrderKind>, refund: &Refund) -> Result<()> {
    tx.execute(
        "UPDATE order_list SET
             refunded_minor = refunded_minor + ?3,
             state = CASE WHEN ?4 THEN ?5 WHEN refunded_minor + ?3 < total_minor THEN ?6 ELSE ?7 END
         WHERE generation = ?1 AND id = ?2",
        &[
            generation.into(),
            (&id).into(),
            refund.amount.minor.into(),
            refund.cancels.into(),
            State::Cancelled.as_str().into(),
            State::PartlyRefunded.as_str().into(),
            State::Refunded.as_str().into(),
        ],
    )
    .map(drop)
}

// In minor units, but for `orders`.
struct Change {
    orders: i64,
    net: i64,
    tax: i64,
    refunded: i64,
}

fn count(
    tx: &Tx<'_>,
    generation: i64,
    at: Timestamp,
    country: &str,
    currency: Currency,
    change: &Change,
) -> Result<()> {
    let time = at.to_string();
    // RFC 3339 in UTC begins with the day.
    let day = time.get(..10).unwrap_or_default();
    tx.execute(
        "INSERT INTO sales_by_day
             (generation, day, country, currency, orders, net_minor, tax_minor, refunded_minor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (generation, day, country, currency) DO UPDATE SET
             orders = sales_by_day.orders + excluded.orders,
             net_minor = sales_by_day.net_minor + excluded.net_minor,
             tax_minor = sales_by_day.tax_minor + excluded.tax_minor,
             refunded_minor = sales_by_day.refunded_minor + excluded.refunded_minor",
        &[
            generation.into(),
            day.into(),
            country.into(),
            currency.as_str().into(),
            change.orders.into(),
            change.net.into(),
            change.tax.into(),
            change.refunded.into(),
        ],
    )
    .map(drop)
}

/// An order as a list shows it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ListedOrder {
    pub id: Id<OrderKind>,
    #[schemars(example = &"S-17")]
    pub number: String,
    #[schemars(example = &"paid")]
    pub state: String,
    pub total: Money,
    pub refunded: Money,
    pub placed_at: Timestamp,
}

/// Orders before `after` in the order of ids, newest first; of one owner, or everybody's.
pub fn list(
    view: &View<'_>,
    owner: Option<&Owner>,
    after: Option<Id<OrderKind>>,
    limit: u32,
) -> Result<Vec<ListedOrder>> {
    let generation = generation(view, NAME)?;
    // Ids page: later ones are larger, and the largest there can be begins the first page.
    let before = after.unwrap_or_else(|| Id::from_bytes([0xff; 16]));
    match owner {
        Some(owner) => view.query(
            "SELECT id, number, state, currency, total_minor, refunded_minor, placed_at FROM order_list
             WHERE generation = ?1 AND owner = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4",
            &[generation.into(), owner.0.as_str().into(), (&before).into(), limit.into()],
            listed,
        ),
        None => view.query(
            "SELECT id, number, state, currency, total_minor, refunded_minor, placed_at FROM order_list
             WHERE generation = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
            &[generation.into(), (&before).into(), limit.into()],
            listed,
        ),
    }
}

fn listed(row: &Row<'_>) -> Result<ListedOrder> {
    let currency: Currency = row.get::<String>(3)?.parse()?;
    Ok(ListedOrder {
        id: row.get(0)?,
        number: row.get(1)?,
        state: row.get(2)?,
        total: Money::new(row.get(4)?, currency),
        refunded: Money::new(row.get(5)?, currency),
        placed_at: row.get(6)?,
    })
}

/// What one day sold to one country in one currency. Refunds count on the day that they were paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SalesDay {
    #[schemars(example = &"2026-11-26")]
    pub day: String,
    #[schemars(example = &"GB")]
    pub country: String,
    pub orders: u64,
    pub net: Money,
    pub tax: Money,
    pub refunded: Money,
}

/// The days between two, both included.
pub fn sales(view: &View<'_>, from: &str, to: &str, limit: u32) -> Result<Vec<SalesDay>> {
    view.query(
        "SELECT day, country, currency, orders, net_minor, tax_minor, refunded_minor FROM sales_by_day
         WHERE generation = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day, country, currency LIMIT ?4",
        &[generation(view, NAME)?.into(), from.into(), to.into(), limit.into()],
        sales_day,
    )
}

fn sales_day(row: &Row<'_>) -> Result<SalesDay> {
    let currency: Currency = row.get::<String>(2)?.parse()?;
    Ok(SalesDay {
        day: row.get(0)?,
        country: row.get(1)?,
        orders: row.get(3)?,
        net: Money::new(row.get(4)?, currency),
        tax: Money::new(row.get(5)?, currency),
        refunded: Money::new(row.get(6)?, currency),
    })
}
