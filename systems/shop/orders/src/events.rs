//! What orders tells the others, and what it hears from payments.

use mainstay_core::{Context, Id, Result, Timestamp};
use mainstay_events::{Envelope, Outbox};
use mainstay_rpc::v1::Money as WireMoney;
use mainstay_sql::Tx;
use mainstay_workflow::Sagas;
use shop_orders_contracts::{
    Address, CheckoutReversed, OrderCancelled, OrderEvent, OrderLine, OrderPaid, OrderPlaced, OrderRefunded,
    PageOrdersResponse, PagedOrder, RefundedLine, TOPIC, order_event,
};
use shop_payments_contracts::{PaymentChanged, PaymentState};

use crate::actions::WholePage;
use crate::checkout::{CheckoutState, PAYMENT_SIGNAL};
use crate::model::{Order, Refund, Sale};

pub fn publish_placed(tx: &Tx<'_>, ctx: &Context, outbox: &Outbox, state: &CheckoutState) -> Result<()> {
    publish(tx, ctx, outbox, state, order_event::Fact::Placed(placed(state)?))
}

pub fn publish_paid(tx: &Tx<'_>, ctx: &Context, outbox: &Outbox, state: &CheckoutState) -> Result<()> {
    let paid = OrderPaid { amount: Some(state.sale()?.total.into()), order: Some(placed(state)?) };
    publish(tx, ctx, outbox, state, order_event::Fact::Paid(paid))
}

/// The money was set aside or taken, but there is no order: the buyer is told that it went back.
pub fn publish_reversal(tx: &Tx<'_>, ctx: &Context, outbox: &Outbox, state: &CheckoutState) -> Result<()> {
    let reversed = CheckoutReversed {
        checkout_id: state.checkout_id.to_vec(),
        amount: Some(state.sale()?.total.into()),
        reason: "the goods were sold out before the payment was complete".to_owned(),
    };
    publish(tx, ctx, outbox, state, order_event::Fact::Reversed(reversed))
}

pub fn publish_refund(
    tx: &Tx<'_>,
    ctx: &Context,
    outbox: &Outbox,
    order: &Order,
    refund: &Refund,
) -> Result<()> {
    let refunded = order_event::Fact::Refunded(OrderRefunded {
        refund_id: refund.id.to_vec(),
        amount: Some(refund.amount.into()),
        reason: refund.reason.clone(),
        lines: refund
            .lines
            .iter()
            .map(|line| RefundedLine { variant_id: line.variant_id.to_vec(), quantity: line.quantity })
            .collect(),
    });
    let event = |fact| OrderEvent {
        order_id: order.id.to_vec(),
        number: order.number.clone(),
        email: order.sale.email.clone(),
        fact: Some(fact),
    };
    outbox.append(tx, ctx, &TOPIC, &order.id.to_string(), &event(refunded))?;
    if refund.cancels {
        let cancelled = order_event::Fact::Cancelled(OrderCancelled { reason: refund.reason.clone() });
        outbox.append(tx, ctx, &TOPIC, &order.id.to_string(), &event(cancelled))?;
    }
    Ok(())
}

/// A payment changed: wakes the checkout that may wait for it. Other payments' news are nobody's here.
pub fn on_payment(
    sagas: &Sagas,
    tx: &Tx<'_>,
    _ctx: &Context,
    _envelope: &Envelope,
    event: PaymentChanged,
) -> Result<()> {
    let Some(payment) = event.payment else { return Ok(()) };
    // What the checkout's own calls bring about, their answers tell: only these can end a wait.
    let ends_a_wait =
        matches!(payment.state(), PaymentState::Authorised | PaymentState::Declined | PaymentState::Voided);
    if !ends_a_wait {
        return Ok(());
    }
    let run = Id::try_from_slice(&payment.checkout_id)?;
    sagas.signal(tx, run, PAYMENT_SIGNAL, &()).map(drop)
}

fn publish(
    tx: &Tx<'_>,
    ctx: &Context,
    outbox: &Outbox,
    state: &CheckoutState,
    fact: order_event::Fact,
) -> Result<()> {
    let order_id = state.order_id();
    let event = OrderEvent {
        order_id: order_id.to_vec(),
        number: state.order_number.clone(),
        email: state.sale()?.email.clone(),
        fact: Some(fact),
    };
    outbox.append(tx, ctx, &TOPIC, &order_id.to_string(), &event)
}

fn placed(state: &CheckoutState) -> Result<OrderPlaced> {
    Ok(OrderPlaced {
        checkout_id: state.checkout_id.to_vec(),
        cart_id: state.cart_id.to_vec(),
        payment_id: state.payment_id().to_vec(),
        placed_at_micros: state.placed_at.map(Timestamp::as_micros).unwrap_or_default(),
        ..sale_message(state.sale()?)
    })
}

/// The sale as the contract tells it, without the ids around it.
pub fn sale_message(sale: &Sale) -> OrderPlaced {
    let address = &sale.address;
    OrderPlaced {
        owner: sale.owner.0.clone(),
        address: Some(Address {
            name: address.name.clone(),
            line1: address.line1.clone(),
            line2: address.line2.clone(),
            city: address.city.clone(),
            postcode: address.postcode.clone(),
            country: address.country.clone(),
        }),
        lines: sale
            .lines
            .iter()
            .map(|line| OrderLine {
                variant_id: line.variant_id.to_vec(),
                sku: line.sku.clone(),
                name: line.name.clone(),
                quantity: line.quantity,
                unit_net: wire(line.unit_net),
                net: wire(line.net),
                tax: wire(line.tax),
                tax_basis_points: line.tax_rate.0,
            })
            .collect(),
        shipping_method: sale.shipping_method.clone(),
        shipping_net: wire(sale.shipping_net),
        shipping_tax: wire(sale.shipping_tax),
        net: wire(sale.net),
        tax: wire(sale.tax),
        total: wire(sale.total),
        ..OrderPlaced::default()
    }
}

/// An order as it was placed, and what it was paid by.
pub fn placed_message(order: &Order) -> OrderPlaced {
    OrderPlaced {
        checkout_id: order.checkout_id.to_vec(),
        payment_id: order.paid.map(|(payment, _)| payment.to_vec()).unwrap_or_default(),
        placed_at_micros: order.placed_at.as_micros(),
        ..sale_message(&order.sale)
    }
}

/// A page of whole orders.
pub fn page_message(page: WholePage) -> PageOrdersResponse {
    let whole = page.orders.into_iter().map(|(listed, order)| PagedOrder {
        order_id: listed.id.to_vec(),
        number: listed.number,
        state: listed.state,
        placed: Some(placed_message(&order)),
        refunded: wire(listed.refunded),
    });
    PageOrdersResponse { orders: whole.collect(), more: page.more }
}

fn wire(money: mainstay_core::Money) -> Option<WireMoney> {
    Some(money.into())
}
