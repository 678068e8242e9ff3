//! The refund: one saga from a request on record to money and pieces given back. A cancellation is a refund of all
//! that is left.
//!
//! ```text
//! repay → restock → finish
//! └─ the pivot
//! ```
//!
//! The request is a fact of the order before the saga starts, in the same transaction, so that two refunds at once
//! cannot give back the same penny.

mod finish;
mod repay;
mod restock;

use mainstay_core::{Context, Id, Timestamp};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use mainstay_workflow::{Definition, RunEnd};
use serde::{Deserialize, Serialize};
use shop_orders_contracts::Order;
use shop_payments_contracts::Payment;

use crate::model::{Fact, Refund};
use crate::peers::Peers;
use crate::store;

pub const NAME: &str = "shop.refund";
const VERSION: u32 = 1;

/// Stored with every step of a run: fields may be added with a default, never removed or changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefundState {
    pub order_id: Id<Order>,
    pub payment_id: Id<Payment>,
    pub refund: Refund,
    /// When it counts as given back, in a replay; else when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_at: Option<Timestamp>,
}

pub fn definition(peers: &Peers, outbox: &Outbox) -> Definition<RefundState> {
    Definition::new(NAME, VERSION)
        .step(repay::Repay { payments: peers.payments.clone() })
        .pivot(repay::NAME)
        .step(restock::Restock { inventory: peers.inventory.clone() })
        .step(finish::Finish { outbox: outbox.clone() })
        .on_end(end)
}

fn end(tx: &Tx<'_>, end: &RunEnd, state: &mut RefundState) -> mainstay_core::Result<()> {
    let RunEnd::Undone(failure) = end else { return Ok(()) };
    let fact = Fact::RefundFailed { refund_id: state.refund.id, reason: failure.message.clone() };
    store::append(tx, &Context::background(NAME), state.order_id, fact)
}
