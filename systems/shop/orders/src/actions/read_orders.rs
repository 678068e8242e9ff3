//! Read orders: one, or a page of one's own.

use mainstay_access::{Action, Relation};
use mainstay_core::{Context, Id, Result, codes};
use shop_access_contracts::ORDERS_READ;
use shop_orders_contracts::Order as OrderKind;

use crate::Orders;
use crate::model::{Order, Owner};
use crate::store::{self, ListedOrder};

/// Orders on a page at most; a page is rendered whole, so it is kept small.
pub const PAGE_MAX: u32 = 100;

/// A page of orders, newest first.
#[derive(Debug)]
pub struct OrderPage {
    pub orders: Vec<ListedOrder>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Id<OrderKind>>,
}

/// The order with all that happened to it. Buyers see their own; all others look as if they did not exist.
pub async fn read_order(orders: &Orders, ctx: &Context, id: Id<OrderKind>) -> Result<Order> {
    let order = orders.db.read(ctx, move |view| store::order(view, id)).await?;
    order.filter(|order| may(orders, ctx, ORDERS_READ, &order.sale.owner)).ok_or_else(not_found)
}

/// Whether the caller may do this to an order of this owner.
pub fn may(orders: &Orders, ctx: &Context, action: Action, owner: &Owner) -> bool {
    orders.access.allows(ctx, action, Relation::of(*owner == Owner::of(ctx.principal())))
}

pub fn not_found() -> mainstay_core::Error {
    codes::NOT_FOUND.error("there is no such order")
}

/// The caller's own orders after `after`; staff get everybody's.
pub async fn list_orders(
    orders: &Orders,
    ctx: &Context,
    after: Option<Id<OrderKind>>,
    limit: u32,
) -> Result<OrderPage> {
    let limit = limit.clamp(1, PAGE_MAX);
    let owner = if orders.access.allows(ctx, ORDERS_READ, Relation::Other) {
        None
    } else {
        orders.access.require(ctx, ORDERS_READ, Relation::Own)?;
        Some(Owner::of(ctx.principal()))
    };
    // One row more tells whether there is another page.
    let mut found =
        orders.db.read(ctx, move |view| store::list(view, owner.as_ref(), after, limit + 1)).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = if more { found.last().map(|order| order.id) } else { None };
    Ok(OrderPage { orders: found, next })
}
