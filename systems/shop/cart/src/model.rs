//! The words and rules of the cart. Pure: nothing here reads a database, a clock or a network.

mod address;
mod countries;
mod lines;
mod lock;
mod merge;
mod payment;

use mainstay_core::{Currency, Id, Result};

use crate::codes::{CHECKOUT_RUNNING, ORDERED};

pub use address::Address;
pub use countries::exists as country_exists;
pub use lines::Line;
pub use lock::{OnLock, OnUnlock, on_lock, on_unlock, require_complete};
pub use merge::merge;
pub use payment::{PaymentToken, check_shipping_method};

/// Names a cart.
pub type CartId = Id<shop_cart_contracts::Cart>;

/// Names one attempt to buy a cart.
pub type CheckoutId = Id<shop_orders_contracts::Checkout>;

/// Names a variant of the catalogue.
pub type VariantId = Id<shop_catalog_contracts::Variant>;

/// Most lines of a cart: more than any household buys at once, and few enough to price in one call.
pub const LINES_MAX: usize = 500;

/// Most pieces of a line: a wholesaler's order, and far from where prices times pieces overflow.
pub const QUANTITY_MAX: u32 = 10_000;

/// What a buyer means to buy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cart {
    /// Its name.
    pub id: CartId,
    /// Whose it is: a principal's text, `ses_…` or `acc_…`.
    pub owner: String,
    /// What it will be paid in; it never changes.
    pub currency: Currency,
    /// Whether it can be changed.
    pub state: State,
    /// Counts its changes.
    pub version: u32,
    /// Where the goods go, and the buyer's e-mail address.
    pub address: Option<Address>,
    /// The code of a shipping method.
    pub shipping_method: Option<String>,
    /// The means of payment.
    pub payment: Option<PaymentToken>,
    /// What is in it, in the order in which it was put in.
    pub lines: Vec<Line>,
}

/// Where a cart stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The buyer may change it.
    Open,
    /// A checkout buys it at this moment.
    Locked(CheckoutId),
    /// It has become an order.
    Ordered(CheckoutId),
    /// Its lines went into another cart of the same buyer, which answers in its place.
    Merged(CartId),
}

impl Cart {
    /// A new, empty cart.
    pub fn new(id: CartId, owner: String, currency: Currency) -> Self {
        Cart {
            id,
            owner,
            currency,
            state: State::Open,
            version: 1,
            address: None,
            shipping_method: None,
            payment: None,
            lines: Vec::new(),
        }
    }

    /// Refuses to change a cart that is being bought or was.
    ///
    /// # Errors
    /// `cart.checkout_running` or `cart.ordered`.
    pub fn require_open(&self) -> Result<()> {
        match self.state {
            State::Open => Ok(()),
            State::Locked(_) => Err(CHECKOUT_RUNNING.error("a checkout is buying this cart")),
            State::Ordered(_) | State::Merged(_) => Err(ORDERED.error("this cart has become an order")),
        }
    }
}
