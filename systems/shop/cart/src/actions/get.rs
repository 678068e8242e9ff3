//! Show a cart with what it costs.

use mainstay_core::{Context, Error, Money, Result};
use mainstay_rpc::v1::required_money;
use mainstay_rpc::{answer, request};
use shop_pricing_contracts::{QuoteLine, QuoteRequest, QuoteResponse};

use super::Carts;
use super::change::owned;
use crate::model::{Cart, CartId, State, VariantId};

/// A cart, and what it costs at this moment.
#[derive(Debug)]
pub struct PricedCart {
    /// The cart.
    pub cart: Cart,
    /// What it costs; nothing for one that is empty or sold. A cart that cannot be priced is shown all the same, with the reason.
    pub totals: Option<Result<Totals, Error>>,
}

/// What a cart costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The net price of one piece, by line.
    pub unit_net: Vec<(VariantId, Money)>,
    /// Shipping, net.
    pub shipping_net: Money,
    /// Everything, net.
    pub net: Money,
    /// Everything's tax.
    pub tax: Money,
    /// What would be paid.
    pub total: Money,
    /// Whether the address or the shipping method is still missing, so that the sum may change.
    pub estimate: bool,
}

/// The caller's cart, priced.
///
/// # Errors
/// `cart.unknown`.
pub async fn get(carts: &Carts, ctx: &Context, id: CartId) -> Result<PricedCart> {
    let owner = carts.buyer(ctx)?;
    let cart = carts.db.read(ctx, move |view| owned(view, id, &owner)).await?;
    // What was sold has the order's prices, not today's.
    if cart.lines.is_empty() || matches!(cart.state, State::Ordered(_)) {
        return Ok(PricedCart { cart, totals: None });
    }
    let totals = price(carts, ctx, &cart).await;
    Ok(PricedCart { cart, totals: Some(totals) })
}

async fn price(carts: &Carts, ctx: &Context, cart: &Cart) -> Result<Totals> {
    let country = cart.address.as_ref().map_or(&*carts.estimate_for, |address| &address.country);
    let asked = QuoteRequest {
        currency: cart.currency.as_str().to_owned(),
        country: country.to_owned(),
        lines: cart
            .lines
            .iter()
            .map(|line| QuoteLine { variant_id: line.variant.to_vec(), quantity: line.quantity })
            .collect(),
        shipping_method: cart.shipping_method.clone().unwrap_or_default(),
    };
    let quote = answer(carts.pricing.client().quote(request(ctx, asked)).await)?;
    let estimate = cart.address.is_none() || cart.shipping_method.is_none();
    read_totals(&quote, estimate)
}

fn read_totals(quote: &QuoteResponse, estimate: bool) -> Result<Totals> {
    let mut unit_net = Vec::with_capacity(quote.lines.len());
    for line in &quote.lines {
        let variant = VariantId::try_from_slice(&line.variant_id)?;
        unit_net.push((variant, required_money(line.unit_net.as_ref(), "unit_net")?));
    }
    Ok(Totals {
        unit_net,
        shipping_net: required_money(quote.shipping_net.as_ref(), "shipping_net")?,
        net: required_money(quote.net.as_ref(), "net")?,
        tax: required_money(quote.tax.as_ref(), "tax")?,
        total: required_money(quote.total.as_ref(), "total")?,
        estimate,
    })
}
