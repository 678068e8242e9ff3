//! Page through whole orders: what an export reads.

use mainstay_access::Relation;
use mainstay_core::{Context, Id, Result};
use mainstay_sql::{Database, View};
use shop_access_contracts::ORDERS_READ;
use shop_orders_contracts::Order as OrderKind;

use crate::Orders;
use crate::model::Order;
use crate::store::{self, ListedOrder};

/// Most orders of a page.
const ORDERS_MAX: u32 = 50;

/// Lines after which a page ends, so that it fits into a message; one order may have as many by itself.
const LINES_MAX: usize = 2_000;

/// Some orders, each as the list has it and with all that happened to it.
#[derive(Debug)]
pub struct WholePage {
    pub orders: Vec<(ListedOrder, Order)>,
    /// Whether there are more after them.
    pub more: bool,
}

/// Everybody's orders after one, the newest first. Staff and services only.
pub async fn page_orders(orders: &Orders, ctx: &Context, after: Option<Id<OrderKind>>) -> Result<WholePage> {
    orders.access.require(ctx, ORDERS_READ, Relation::Other)?;
    page_of(&orders.db, ctx, after).await
}

/// The same of a database, for an operator who has it in hand.
pub async fn page_of(db: &Database, ctx: &Context, after: Option<Id<OrderKind>>) -> Result<WholePage> {
    db.read(ctx, move |view| page(view, after)).await
}

fn page(view: &View<'_>, after: Option<Id<OrderKind>>) -> Result<WholePage> {
    // One row more tells whether there is another page.
    let mut listed = store::list(view, None, after, ORDERS_MAX + 1)?;
    let mut more = listed.len() > ORDERS_MAX as usize;
    listed.truncate(ORDERS_MAX as usize);
    let ids: Vec<Id<OrderKind>> = listed.iter().map(|one| one.id).collect();
    let mut whole = store::orders(view, &ids)?;
    let mut orders = Vec::with_capacity(listed.len());
    let mut lines = 0;
    for one in listed {
        // The list follows the facts in their own transactions, so what it has is there.
        let Some(order) = whole.remove(&one.id) else { continue };
        if lines > 0 && lines + order.sale.lines.len() > LINES_MAX {
            more = true;
            break;
        }
        lines += order.sale.lines.len();
        orders.push((one, order));
    }
    Ok(WholePage { orders, more })
}
