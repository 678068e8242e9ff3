//! The facts of orders, and what is read from them.

use std::collections::HashMap;
use std::sync::OnceLock;

use mainstay_core::{Context, Id, Result, Timestamp, codes};
use mainstay_sql::{Aged, Tx, View};
use mainstay_workflow::aggregate::Archived;
use mainstay_workflow::{Aggregate, AggregateStore, DomainEvent};
use shop_orders_contracts::Order as OrderKind;

use super::views::Views;
use crate::model::{Fact, Order};

/// An order on its way through its facts; nothing before the first.
#[derive(Default)]
pub struct History(Option<Order>);

impl Aggregate for History {
    const NAME: &'static str = "order";
    type Kind = OrderKind;
    type Event = Fact;

    fn apply(&mut self, fact: &Fact) {
        self.0 = Order::apply(self.0.take(), fact);
    }
}

impl DomainEvent for Fact {
    fn kind(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "placed",
            Self::Paid { .. } => "paid",
            Self::RefundRequested { .. } => "refund_requested",
            Self::Refunded { .. } => "refunded",
            Self::RefundFailed { .. } => "refund_failed",
        }
    }
}

/// The store of facts with the projections that follow it. It has no state of its own, so one serves everybody.
pub fn facts() -> &'static AggregateStore<History> {
    static FACTS: OnceLock<AggregateStore<History>> = OnceLock::new();
    FACTS.get_or_init(|| AggregateStore::builder().projection(Views).build())
}

/// The order as its facts add up; `None` when there is none.
pub fn order(view: &View<'_>, id: Id<OrderKind>) -> Result<Option<Order>> {
    Ok(facts().load(view, id)?.and_then(|loaded| loaded.aggregate.0))
}

/// These orders as their facts add up, in no order.
pub fn orders(view: &View<'_>, ids: &[Id<OrderKind>]) -> Result<HashMap<Id<OrderKind>, Order>> {
    let loaded = facts().load_many(view, ids)?;
    Ok(loaded.into_iter().filter_map(|(id, loaded)| Some((id, loaded.aggregate.0?))).collect())
}

/// One fact more, after all that are there in this transaction.
pub fn append(tx: &Tx<'_>, ctx: &Context, id: Id<OrderKind>, fact: Fact) -> Result<()> {
    // The first fact of a new order has nothing to read before it.
    let version = match fact {
        Fact::Placed { .. } => 0,
        Fact::Paid { .. }
        | Fact::RefundRequested { .. }
        | Fact::Refunded { .. }
        | Fact::RefundFailed { .. } => facts().version(tx, id)?,
    };
    facts().append(tx, ctx, id, version, &[fact]).map(drop)
}

/// Archives orders to which nothing has happened since `before` and for which nothing is under way, of those that some
/// facts after a position belong to. They are found as before.
pub fn archive(tx: &Tx<'_>, before: Timestamp, after: i64) -> Result<Archived> {
    facts().archive(tx, before, after, |history| history.0.as_ref().is_some_and(Order::is_at_rest))
}

/// Orders that are not archived, and to how many of them nothing has happened since `before`; and how many are archived.
pub fn aged(view: &View<'_>, before: Timestamp) -> Result<(Aged, u64)> {
    Ok((facts().aged(view, before)?, facts().archive_size(view)?.0))
}

/// The next number that people call an order by.
pub fn next_order_number(tx: &Tx<'_>) -> Result<String> {
    let next: Option<i64> =
        tx.query_one("UPDATE order_numbers SET last = last + 1 RETURNING last", &[], |row| row.get(0))?;
    next.map(|number| format!("S-{number}"))
        .ok_or_else(|| codes::DATA_LOSS.error("the counter of order numbers is gone"))
}

#[cfg(test)]
mod tests;
