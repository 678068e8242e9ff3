//! Begin a checkout, or find the one that the same key began before.

use std::time::Duration;

use mainstay_access::Relation;
use mainstay_core::{Context, Id, Money, Result};
use mainstay_http::IdempotencyKey;
use mainstay_http::idempotency::{self, Begun, RequestHash, Slot};
use mainstay_sql::Tx;
use serde::Serialize;
use shop_access_contracts::CHECKOUT_START;
use shop_cart_contracts::Cart;
use shop_orders_contracts::Checkout;

use super::view_checkout::{CheckoutView, is_told, view_checkout, wait_for_checkout};
use crate::checkout::CheckoutState;
use crate::model::Owner;
use crate::{Orders, store};

/// What a buyer asks for.
#[derive(Clone, Debug, Serialize)]
pub struct NewCheckout {
    pub cart_id: Id<Cart>,
    /// What the buyer saw; the checkout is refused when the total has become another.
    pub expected_total: Option<Money>,
}

/// Begins the checkout and waits until there is something to tell. A repeat of the key gets what has become of the
/// first request.
///
/// `http.idempotency_mismatch` when the key began another checkout, `http.idempotency_running` while there is nothing
/// to tell about the first one.
pub async fn start_checkout(
    orders: &Orders,
    ctx: &Context,
    key: IdempotencyKey,
    new: NewCheckout,
) -> Result<(Id<Checkout>, CheckoutView)> {
    orders.access.require(ctx, CHECKOUT_START, Relation::Own)?;
    let owner = Owner::of(ctx.principal());
    let fresh: Id<Checkout> = Id::generate(orders.db.clock());
    let replayed_at = orders.replayed_at(&key);
    let slot = Slot::new(ctx.principal(), "POST /v1/checkouts", key);
    let hash = RequestHash::of(&new)?;
    let saga = orders.checkout.clone();
    let hold = Duration::from_secs(orders.config.hold_seconds);
    // Peers are called as orders, for the buyer.
    let run_ctx = ctx.as_service(shop_orders_contracts::SERVICE);
    // Watched before it starts, so that nothing that happens to it is missed.
    let watch = orders.checkout.watch(fresh.twin(), is_told);
    let begun = orders
        .db
        .write(ctx, move |tx| {
            let begun = idempotency::begin(tx, &slot, hash, fresh.as_bytes())?;
            if begun == Begun::New {
                store::insert_checkout(tx, fresh, &owner)?;
                let state = CheckoutState { replayed_at, ..first_state(tx, fresh, &owner, &new, hold) };
                saga.start(tx, &run_ctx, fresh.twin(), &state)?;
            }
            Ok(begun)
        })
        .await?;
    match begun {
        Begun::New => Ok((fresh, wait_for_checkout(orders, ctx, fresh, watch).await?)),
        // The answer is not kept with the key: it is what the checkout has come to.
        Begun::Running { reference } | Begun::Finished { reference, .. } => {
            let known = Id::try_from_slice(&reference)?;
            match view_checkout(orders, ctx, known).await? {
                CheckoutView::Running => Err(Begun::running()),
                told => Ok((known, told)),
            }
        }
        Begun::Mismatch => Err(Begun::mismatch()),
    }
}

fn first_state(
    tx: &Tx<'_>,
    id: Id<Checkout>,
    owner: &Owner,
    new: &NewCheckout,
    hold: Duration,
) -> CheckoutState {
    CheckoutState {
        checkout_id: id,
        owner: owner.clone(),
        cart_id: new.cart_id,
        expected_total: new.expected_total,
        replayed_at: None,
        hold_until: tx.now() + hold,
        payment_token: String::new(),
        sale: None,
        order_number: String::new(),
        placed_at: None,
        authorised: false,
    }
}
