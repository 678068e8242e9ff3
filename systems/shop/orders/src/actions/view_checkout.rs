//! Tell how a checkout stands, at once or as soon as there is something to tell.

use std::time::Duration;

use mainstay_access::Relation;
use mainstay_core::{Context, Error, Id, Result, codes};
use mainstay_workflow::{RunState, Snapshot, Watch};
use shop_access_contracts::CHECKOUT_START;
use shop_orders_contracts::Checkout;
use shop_payments_contracts::{GetPaymentRequest, PaymentState};

use crate::checkout::{CheckoutState, PLACED};
use crate::model::{Order, Owner};
use crate::{Orders, store};

/// How long a placing call waits before it says that the checkout goes on without it. Far above any healthy checkout,
/// below the time-outs of common proxies.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How a checkout stands.
#[derive(Debug)]
pub enum CheckoutView {
    /// Under way; ask again.
    Running,
    /// The payment is not decided: the buyer passes the challenge at the address, if there is one.
    AwaitingPayment {
        challenge_url: Option<String>,
    },
    Placed(Box<Order>),
    /// It went back; nothing is held and nothing charged.
    Refused(Error),
}

/// How the checkout stands now; `core.not_found` unless it is the caller's.
pub async fn view_checkout(orders: &Orders, ctx: &Context, id: Id<Checkout>) -> Result<CheckoutView> {
    orders.access.require(ctx, CHECKOUT_START, Relation::Own)?;
    let owner = Owner::of(ctx.principal());
    let (row, order) = orders
        .db
        .read(ctx, move |view| {
            let row = store::checkout(view, id)?.filter(|row| row.owner == owner);
            Ok((row, store::order(view, id.twin())?))
        })
        .await?;
    let row = row.ok_or_else(|| codes::NOT_FOUND.error("there is no such checkout"))?;
    if let Some(order) = order {
        return Ok(CheckoutView::Placed(Box::new(order)));
    }
    if let Some(failure) = row.failure {
        return Ok(CheckoutView::Refused(failure.to_error()));
    }
    match orders.checkout.look(ctx, id.twin()).await? {
        Some(snapshot) => tell(orders, ctx, id, &snapshot).await,
        None => Ok(CheckoutView::Running),
    }
}

/// Waits until there [is something to tell](is_told) of the checkout: it is placed, refused, or needs the buyer; at most ten seconds or the caller's deadline.
pub async fn wait_for_checkout(
    orders: &Orders,
    ctx: &Context,
    id: Id<Checkout>,
    watch: Watch<CheckoutState>,
) -> Result<CheckoutView> {
    match watch.until(ctx, LONGEST_WAIT).await {
        Ok(snapshot) => tell(orders, ctx, id, &snapshot).await,
        Err(error) if error.is(&codes::DEADLINE) => Ok(CheckoutView::Running),
        Err(error) => Err(error),
    }
}

/// Whether there is something to tell.
pub fn is_told(snapshot: &Snapshot<CheckoutState>) -> bool {
    match &snapshot.state {
        RunState::Waiting { .. } | RunState::Done | RunState::Undone(_) | RunState::Parked { .. } => true,
        RunState::Running | RunState::Retrying { .. } => snapshot.recorded(PLACED),
        RunState::Undoing(_) => false,
    }
}

async fn tell(
    orders: &Orders,
    ctx: &Context,
    id: Id<Checkout>,
    snapshot: &Snapshot<CheckoutState>,
) -> Result<CheckoutView> {
    // From there on nothing goes back.
    if snapshot.recorded(PLACED)
        && let Some(order) = snapshot.data.order()
    {
        return Ok(CheckoutView::Placed(Box::new(order)));
    }
    match &snapshot.state {
        RunState::Undone(failure) => Ok(CheckoutView::Refused(failure.to_error())),
        RunState::Waiting { .. } => awaiting(orders, ctx, id).await,
        RunState::Running
        | RunState::Retrying { .. }
        | RunState::Undoing(_)
        | RunState::Done
        | RunState::Parked { .. } => Ok(CheckoutView::Running),
    }
}

async fn awaiting(orders: &Orders, ctx: &Context, id: Id<Checkout>) -> Result<CheckoutView> {
    let get = GetPaymentRequest { payment_id: id.to_vec() };
    let ctx = ctx.as_service(shop_orders_contracts::SERVICE);
    let answer = orders.peers.payments.client().get_payment(mainstay_rpc::request(&ctx, get)).await;
    // Payments may be away for a moment; the checkout waits all the same.
    let payment = mainstay_rpc::answer(answer).ok().and_then(|answer| answer.payment);
    let challenge_url = payment
        .filter(|payment| payment.state() == PaymentState::Challenge)
        .map(|payment| payment.challenge_url);
    Ok(CheckoutView::AwaitingPayment { challenge_url })
}
