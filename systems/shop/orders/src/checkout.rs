//! The checkout: one saga from a cart to a paid order.
//!
//! ```text
//! fix prices → reserve → authorise → commit stock → place → capture → notify
//!                                    └─ the pivot
//! ```
//!
//! Before the pivot a failure goes back: the payment is let go, the hold released, the cart thawed. From the pivot on
//! the goods are the buyer's, so it only goes forward until it is done or a person looks at it. The reservation, the
//! payment and the order have the checkout's own 16 bytes: every step can name what it works on without having
//! learnt it from an answer that may have been lost.

mod authorise;
mod capture;
mod commit_stock;
mod fix_prices;
mod notify;
mod place;
mod reserve;
mod state;

use mainstay_events::Outbox;
use mainstay_workflow::Definition;

pub use state::CheckoutState;

use crate::peers::Peers;
use crate::store;

/// The definition's name; with the version it is pinned in every run.
pub const NAME: &str = "shop.checkout";
const VERSION: u32 = 1;

/// The step after which the buyer can be told that the order stands.
pub const PLACED: &str = "place";
/// The signal by which a change of the payment reaches a checkout that waits for it.
pub const PAYMENT_SIGNAL: &str = "payment";

/// The saga's steps in their order.
pub fn definition(peers: &Peers, outbox: &Outbox) -> Definition<CheckoutState> {
    Definition::new(NAME, VERSION)
        .step(fix_prices::FixPrices { cart: peers.cart.clone(), pricing: peers.pricing.clone() })
        .step(reserve::Reserve { inventory: peers.inventory.clone() })
        .step(authorise::Authorise { payments: peers.payments.clone(), outbox: outbox.clone() })
        .step(commit_stock::CommitStock { inventory: peers.inventory.clone() })
        .pivot(commit_stock::NAME)
        .step(place::Place { outbox: outbox.clone() })
        .step(capture::Capture { payments: peers.payments.clone() })
        .step(notify::Notify { outbox: outbox.clone() })
        .on_end(|tx, end, state| store::end_checkout(tx, end, state))
}
