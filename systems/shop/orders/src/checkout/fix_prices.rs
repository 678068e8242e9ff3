//! Step 1: freeze the cart and fix what is sold, to whom, at which prices and tax.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{BasisPoints, Error, Id, Result, codes};
use mainstay_rpc::Peer;
use mainstay_rpc::v1::required_money;
use mainstay_workflow::{Progress, Step, StepContext};
use shop_cart_contracts::{CartClient, LockRequest, LockResponse, UnlockRequest};
use shop_pricing_contracts::{PricedLine, PricingClient, QuoteLine, QuoteRequest, QuoteResponse};

use super::CheckoutState;
use crate::codes as orders;
use crate::model::{Address, Line, Owner, Sale};

pub struct FixPrices {
    pub cart: Peer<CartClient<mainstay_rpc::Channel>>,
    pub pricing: Peer<PricingClient<mainstay_rpc::Channel>>,
}

#[async_trait]
impl Step<CheckoutState> for FixPrices {
    fn name(&self) -> &'static str {
        "fix_prices"
    }

    // The cart is frozen for this checkout, so the pieces stay what they are when it is asked again; prices that have
    // changed by then are nothing to the reservation.
    fn is_written_with_next(&self) -> bool {
        true
    }

    async fn run(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<Progress> {
        let lock = LockRequest { cart_id: state.cart_id.to_vec(), checkout_id: state.checkout_id.to_vec() };
        let request = mainstay_rpc::request(cx.context(), lock);
        let cart = mainstay_rpc::answer(self.cart.client().lock(request).await)?;
        if cart.owner != state.owner.0 {
            // The undo of this step thaws the cart again.
            return Err(codes::NOT_FOUND.error("there is no such cart"));
        }
        let quote = QuoteRequest {
            currency: cart.currency.clone(),
            country: cart.address.as_ref().map(|address| address.country.clone()).unwrap_or_default(),
            lines: cart
                .lines
                .iter()
                .map(|line| QuoteLine { variant_id: line.variant_id.clone(), quantity: line.quantity })
                .collect(),
            shipping_method: cart.shipping_method.clone(),
        };
        let request = mainstay_rpc::request(cx.context(), quote);
        let quote = mainstay_rpc::answer(self.pricing.client().quote(request).await)?;
        state.payment_token.clone_from(&cart.payment_token);
        let sale = sale(state.owner.clone(), cart, &quote)?;
        if let Some(expected) = state.expected_total.filter(|expected| *expected != sale.total) {
            return Err(orders::PRICES_CHANGED
                .error(format!("the total is {} now, not {expected}", sale.total))
                .with_field("expected_total", "is not the total of the cart"));
        }
        state.sale = Some(Arc::new(sale));
        Ok(Progress::Done)
    }

    async fn undo(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<()> {
        let unlock =
            UnlockRequest { cart_id: state.cart_id.to_vec(), checkout_id: state.checkout_id.to_vec() };
        let request = mainstay_rpc::request(cx.context(), unlock);
        mainstay_rpc::answer(self.cart.client().unlock(request).await).map(drop)
    }
}

// The cart's words and the quote's prices, line by line.
fn sale(owner: Owner, cart: LockResponse, quote: &QuoteResponse) -> Result<Sale> {
    let address = cart.address.ok_or_else(|| malformed("address"))?;
    if cart.lines.len() != quote.lines.len() {
        return Err(malformed("lines"));
    }
    let lines = cart.lines.into_iter().zip(&quote.lines).map(|(words, price)| line(words, price));
    Ok(Sale {
        owner,
        email: cart.email,
        address: Address {
            name: address.name,
            line1: address.line1,
            line2: address.line2,
            city: address.city,
            postcode: address.postcode,
            country: address.country,
        },
        lines: lines.collect::<Result<_>>()?,
        shipping_method: cart.shipping_method,
        shipping_net: required_money(quote.shipping_net.as_ref(), "shipping_net")?,
        shipping_tax: required_money(quote.shipping_tax.as_ref(), "shipping_tax")?,
        net: required_money(quote.net.as_ref(), "net")?,
        tax: required_money(quote.tax.as_ref(), "tax")?,
        total: required_money(quote.total.as_ref(), "total")?,
    })
}

fn line(words: shop_cart_contracts::Line, price: &PricedLine) -> Result<Line> {
    if words.variant_id != price.variant_id || words.quantity != price.quantity {
        return Err(malformed("lines"));
    }
    Ok(Line {
        variant_id: Id::try_from_slice(&words.variant_id)?,
        sku: words.sku,
        name: words.name,
        quantity: words.quantity,
        unit_net: required_money(price.unit_net.as_ref(), "unit_net")?,
        net: required_money(price.net.as_ref(), "net")?,
        tax: required_money(price.tax.as_ref(), "tax")?,
        tax_rate: BasisPoints(price.tax_basis_points),
    })
}

fn malformed(what: &str) -> Error {
    codes::INTERNAL.error("cart and prices do not fit together").with_field(what, "is missing or differs")
}
