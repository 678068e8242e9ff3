//! Give back all or a part of an order: a buyer cancels, staff refund.

use mainstay_access::{Action, Relation};
use mainstay_audit::Entry;
use mainstay_core::{Context, Id, Result, Timestamp};
use mainstay_http::IdempotencyKey;
use mainstay_http::idempotency::{self, Begun, RequestHash, Slot};
use mainstay_sql::Tx;
use shop_access_contracts::{ORDERS_CANCEL, ORDERS_REFUND};
use shop_orders_contracts::Order as OrderKind;
use shop_payments_contracts::Refund as RefundKind;

use super::read_orders::{may, not_found};
use crate::model::{Fact, Order, Refund, RefundRequest};
use crate::refund::RefundState;
use crate::{Orders, codes, store};

/// Cancels an order of the caller's own: all that is left of it goes back. Asking again finds the same refund.
///
/// `orders.not_paid` while the money is still on its way, `orders.refund_refused` when nothing is left.
pub async fn cancel_order(
    orders: &Orders,
    ctx: &Context,
    id: Id<OrderKind>,
    reason: String,
) -> Result<Refund> {
    let fresh: Id<RefundKind> = Id::generate(orders.db.clock());
    let (service, caller) = (orders.clone(), ctx.clone());
    orders
        .db
        .write(ctx, move |tx| {
            let order = reachable(&service, tx, &caller, ORDERS_CANCEL, id)?;
            if let Some((known, _)) = order.refunds.iter().find(|(refund, _)| refund.cancels) {
                return Ok(known.clone());
            }
            let wish = Wish { request: RefundRequest::Everything, reason: &reason, replayed_at: None };
            begin(&service, tx, &caller, &order, fresh, wish)
        })
        .await
}

/// Gives back a part, under the caller's key. Staff only.
///
/// `orders.refund_refused` says what is left; `http.idempotency_mismatch` that the key asked for something else before.
pub async fn refund_order(
    orders: &Orders,
    ctx: &Context,
    id: Id<OrderKind>,
    key: IdempotencyKey,
    request: RefundRequest,
    reason: String,
) -> Result<Refund> {
    orders.access.require(ctx, ORDERS_REFUND, Relation::Other)?;
    let fresh: Id<RefundKind> = Id::generate(orders.db.clock());
    let replayed_at = orders.replayed_at(&key);
    let slot = Slot::new(ctx.principal(), "POST /v1/orders/{id}/refunds", key);
    let hash = RequestHash::of(&(id, &request, &reason))?;
    let (service, caller) = (orders.clone(), ctx.clone());
    orders
        .db
        .write(ctx, move |tx| {
            let order = reachable(&service, tx, &caller, ORDERS_REFUND, id)?;
            match idempotency::begin(tx, &slot, hash, fresh.as_bytes())? {
                Begun::New => begin(
                    &service,
                    tx,
                    &caller,
                    &order,
                    fresh,
                    Wish { request: request.clone(), reason: &reason, replayed_at },
                ),
                Begun::Running { reference } | Begun::Finished { reference, .. } => {
                    let known = Id::try_from_slice(&reference)?;
                    let mut asked = order.refunds.into_iter().map(|(refund, _)| refund);
                    asked.find(|refund| refund.id == known).ok_or_else(|| {
                        codes::REFUND_REFUSED.error("the provider refused the refund of this key for good")
                    })
                }
                Begun::Mismatch => Err(Begun::mismatch()),
            }
        })
        .await
}

// An order that the caller may do this to; any other looks as if it did not exist.
fn reachable(
    orders: &Orders,
    tx: &Tx<'_>,
    ctx: &Context,
    action: Action,
    id: Id<OrderKind>,
) -> Result<Order> {
    let order = store::order(tx, id)?;
    order.filter(|order| may(orders, ctx, action, &order.sale.owner)).ok_or_else(not_found)
}

// What is to go back, and why.
struct Wish<'a> {
    request: RefundRequest,
    reason: &'a str,
    replayed_at: Option<Timestamp>,
}

// Puts the request on record and starts its saga, in one transaction.
fn begin(
    orders: &Orders,
    tx: &Tx<'_>,
    ctx: &Context,
    order: &Order,
    id: Id<RefundKind>,
    wish: Wish<'_>,
) -> Result<Refund> {
    let refund = order.plan_refund(id, wish.request, wish.reason.to_owned())?;
    // The plan has seen that it is paid.
    let Some((payment_id, _)) = order.paid else { return Err(not_found()) };
    store::append(tx, ctx, order.id, Fact::RefundRequested { refund: refund.clone() })?;
    let action = if refund.cancels { "order.cancel" } else { "order.refund" };
    orders.audit.record(tx, ctx, Entry::new(action, order.id.to_string()).after(&refund)?)?;
    let replayed_at = wish.replayed_at;
    let state = RefundState { order_id: order.id, payment_id, refund: refund.clone(), replayed_at };
    orders.refund.start(tx, &ctx.as_service(shop_orders_contracts::SERVICE), id.twin(), &state)?;
    Ok(refund)
}
