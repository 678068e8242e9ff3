//! A cart as JSON. The payment token never leaves; only whether there is one.

use mainstay_core::{Currency, Error, Money};
use mainstay_http::Links;
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions::{PricedCart, Totals};
use crate::model::{Address, Cart, CartId, Line, State, VariantId, require_complete};

/// A buyer's carts.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Carts")]
pub struct CartsView {
    pub carts: Vec<CartView>,
}

/// One cart.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Cart")]
pub struct CartView {
    pub id: CartId,
    pub version: u32,
    pub currency: Currency,
    /// `open`, `checkout` or `ordered`.
    #[schemars(example = &"open")]
    pub state: &'static str,
    pub items: Vec<ItemView>,
    pub address: Option<Address>,
    #[schemars(example = &"standard")]
    pub shipping_method: Option<String>,
    pub payment_set: bool,
    /// What it costs; only where a cart is shown, not in the answer to a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<TotalsView>,
    /// What can be done with it now.
    #[serde(rename = "_links")]
    pub links: Links,
    /// Why it cannot be priced at this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals_problem: Option<ReasonView>,
}

/// One line.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CartItem")]
pub struct ItemView {
    pub variant_id: VariantId,
    #[schemars(example = &"MUG-BLUE")]
    pub sku: String,
    #[schemars(example = &"Mug, blue")]
    pub name: String,
    pub quantity: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_net: Option<Money>,
}

/// What a cart costs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CartTotals")]
pub struct TotalsView {
    pub shipping_net: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
    /// Whether address or shipping are missing, so that it may change.
    pub estimate: bool,
}

/// Why something is missing from an answer, in the words of a problem.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Reason")]
pub struct ReasonView {
    #[schemars(example = &"pricing.no_price")]
    pub code: String,
    #[schemars(example = &"a variant has no price on this list")]
    pub detail: String,
}

impl CartView {
    /// A cart without what it costs.
    pub fn of(cart: Cart) -> Self {
        let state = match cart.state {
            State::Open => "open",
            State::Locked(_) => "checkout",
            State::Ordered(_) | State::Merged(_) => "ordered",
        };
        CartView {
            links: links(&cart),
            id: cart.id,
            version: cart.version,
            currency: cart.currency,
            state,
            items: cart.lines.into_iter().map(ItemView::of).collect(),
            address: cart.address,
            shipping_method: cart.shipping_method,
            payment_set: cart.payment.is_some(),
            totals: None,
            totals_problem: None,
        }
    }

    /// A cart with what it costs, or why that is not known.
    pub fn priced(priced: PricedCart) -> Self {
        let mut view = CartView::of(priced.cart);
        match priced.totals {
            None => {}
            Some(Ok(totals)) => {
                for item in &mut view.items {
                    let price = totals.unit_net.iter().find(|(variant, _)| *variant == item.variant_id);
                    item.unit_net = price.map(|(_, price)| *price);
                }
                view.totals = Some(TotalsView::of(&totals));
            }
            Some(Err(error)) => view.totals_problem = Some(ReasonView::of(&error)),
        }
        view
    }
}

/// The transitions that the cart's state allows: one that is open can be changed, one that is complete can be bought.
fn links(cart: &Cart) -> Links {
    let at = format!("/v1/carts/{}", cart.id);
    let links = Links::itself(&at);
    match cart.state {
        State::Open => links
            .act("addItem", "POST", format!("{at}/items"))
            .act("setAddress", "PUT", format!("{at}/address"))
            .act("setShipping", "PUT", format!("{at}/shipping"))
            .act("setPayment", "PUT", format!("{at}/payment"))
            .act_if(require_complete(cart).is_ok(), "createCheckout", "POST", "/v1/checkouts"),
        State::Locked(checkout) => links.read("getCheckout", format!("/v1/checkouts/{checkout}")),
        State::Ordered(checkout) => {
            links.read("getOrder", format!("/v1/orders/{}", checkout.twin::<shop_orders_contracts::Order>()))
        }
        State::Merged(into) => links.read("getCart", format!("/v1/carts/{into}")),
    }
}

impl ItemView {
    fn of(line: Line) -> Self {
        ItemView {
            variant_id: line.variant,
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            unit_net: None,
        }
    }
}

impl TotalsView {
    fn of(totals: &Totals) -> Self {
        TotalsView {
            shipping_net: totals.shipping_net,
            net: totals.net,
            tax: totals.tax,
            total: totals.total,
            estimate: totals.estimate,
        }
    }
}

impl ReasonView {
    fn of(error: &Error) -> Self {
        ReasonView { code: error.code().to_owned(), detail: error.message().to_owned() }
    }
}
