//! What an order is: facts that happened to it, the state they add up to, and the rules for what may happen next.
//!
//! Pure: nothing here reads a clock, a database or a peer.

use std::sync::Arc;

use mainstay_core::context::Account;
use mainstay_core::{BasisPoints, Currency, Error, Id, Money, Principal, Result, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shop_catalog_contracts::Variant;
use shop_orders_contracts::{Checkout, Order as OrderKind};
use shop_payments_contracts::{Payment, Refund as RefundKind};

use crate::codes;

/// A buyer, as carts and orders remember one: `ses_…` or `acc_…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owner(pub String);

impl Owner {
    pub fn of(principal: &Principal) -> Self {
        match principal {
            // Staff who buy, buy as themselves.
            Principal::Staff(account) => Self(Self::account(*account)),
            other => Self(other.to_string()),
        }
    }

    fn account(account: Id<Account>) -> String {
        Principal::Customer(account).to_string()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "OrderAddress")]
pub struct Address {
    #[schemars(example = &"Ada Lovelace")]
    pub name: String,
    #[schemars(example = &"12 St James's Square")]
    pub line1: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(example = &"Second floor")]
    pub line2: String,
    #[schemars(example = &"London")]
    pub city: String,
    #[schemars(example = &"SW1Y 4JH")]
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    #[schemars(example = &"GB")]
    pub country: String,
}

/// A line with the words and prices of the day it was sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "OrderLine")]
pub struct Line {
    pub variant_id: Id<Variant>,
    #[schemars(example = &"MUG-BLUE")]
    pub sku: String,
    #[schemars(example = &"Mug, blue")]
    pub name: String,
    pub quantity: u32,
    pub unit_net: Money,
    pub net: Money,
    pub tax: Money,
    pub tax_rate: BasisPoints,
}

/// What was sold, to whom, for how much: fixed when the checkout fixed the prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    pub owner: Owner,
    pub email: String,
    pub address: Address,
    pub lines: Vec<Line>,
    pub shipping_method: String,
    pub shipping_net: Money,
    pub shipping_tax: Money,
    pub net: Money,
    pub tax: Money,
    pub total: Money,
}

impl Sale {
    pub fn currency(&self) -> Currency {
        self.total.currency
    }
}

/// A part of an order that goes back: pieces, and the money for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Refund")]
pub struct Refund {
    pub id: Id<RefundKind>,
    pub amount: Money,
    pub lines: Vec<RefundLine>,
    #[schemars(example = &"arrived broken")]
    pub reason: String,
    /// Whether it takes back the whole rest of the order.
    pub cancels: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefundLine {
    pub variant_id: Id<Variant>,
    pub quantity: u32,
}

/// What a caller may ask to have refunded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum RefundRequest {
    /// All that is left: goods, shipping, everything.
    Everything,
    /// Pieces, each at the price and tax it was sold for, and the shipping if so wished.
    Lines { lines: Vec<RefundLine>, shipping: bool },
    /// A sum without goods, as after a complaint.
    Amount(Money),
}

/// What happens to orders. Facts are stored for ever: a variant may gain fields with defaults, never lose or change
/// one; anything else is a new variant with an upcaster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    Placed {
        number: String,
        checkout_id: Id<Checkout>,
        placed_at: Timestamp,
        sale: Arc<Sale>,
    },
    Paid {
        payment_id: Id<Payment>,
        amount: Money,
    },
    RefundRequested {
        refund: Refund,
    },
    /// The country is where the order went, for reports.
    Refunded {
        refund: Refund,
        country: String,
        /// When it counts as given back, in a replay; else when it is recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// The provider refused for good; the amount is free to be refunded in another way.
    RefundFailed {
        refund_id: Id<RefundKind>,
        reason: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Sold; the money is set aside and on its way.
    Placed,
    Paid,
    PartlyRefunded,
    Refunded,
    /// All of it went back before anything was sent.
    Cancelled,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::PartlyRefunded => "partly_refunded",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// An order, as its facts add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: Id<OrderKind>,
    pub number: String,
    pub checkout_id: Id<Checkout>,
    pub placed_at: Timestamp,
    pub sale: Arc<Sale>,
    pub paid: Option<(Id<Payment>, Money)>,
    /// Each with whether the money has gone back.
    pub refunds: Vec<(Refund, bool)>,
}

impl Order {
    /// One fact more. A fact that cannot follow changes nothing: history is not judged when it is read.
    pub fn apply(order: Option<Self>, fact: &Fact) -> Option<Self> {
        match (order, fact) {
            (None, Fact::Placed { number, checkout_id, placed_at, sale }) => Some(Self {
                id: checkout_id.twin(),
                number: number.clone(),
                checkout_id: *checkout_id,
                placed_at: *placed_at,
                sale: Arc::clone(sale),
                paid: None,
                refunds: Vec::new(),
            }),
            (Some(mut order), Fact::Paid { payment_id, amount }) => {
                order.paid = Some((*payment_id, *amount));
                Some(order)
            }
            (Some(mut order), Fact::RefundRequested { refund }) => {
                order.refunds.push((refund.clone(), false));
                Some(order)
            }
            (Some(mut order), Fact::Refunded { refund: given, .. }) => {
                for (refund, done) in &mut order.refunds {
                    *done |= refund.id == given.id;
                }
                Some(order)
            }
            (Some(mut order), Fact::RefundFailed { refund_id, .. }) => {
                order.refunds.retain(|(refund, done)| refund.id != *refund_id || *done);
                Some(order)
            }
            (order, _) => order,
        }
    }

    pub fn state(&self) -> State {
        let Some((_, paid)) = self.paid else { return State::Placed };
        let back: i64 =
            self.refunds.iter().filter(|(_, done)| *done).map(|(refund, _)| refund.amount.minor).sum();
        let cancelled = self.refunds.iter().any(|(refund, done)| *done && refund.cancels);
        if cancelled {
            State::Cancelled
        } else if back == 0 {
            State::Paid
        } else if back < paid.minor {
            State::PartlyRefunded
        } else {
            State::Refunded
        }
    }

    /// Whether no money is on its way, in either direction.
    pub fn is_at_rest(&self) -> bool {
        self.paid.is_some() && self.refunds.iter().all(|(_, done)| *done)
    }

    /// The money that went back or is on its way back.
    pub fn refunded(&self) -> Result<Money> {
        Money::sum(self.sale.currency(), self.refunds.iter().map(|(refund, _)| refund.amount))
    }

    fn pieces_back(&self, variant: Id<Variant>) -> u32 {
        self.refunds
            .iter()
            .flat_map(|(refund, _)| &refund.lines)
            .filter(|line| line.variant_id == variant)
            .map(|line| line.quantity)
            .sum()
    }

    /// Turns a wish into a refund, or says why it cannot be.
    pub fn plan_refund(&self, id: Id<RefundKind>, request: RefundRequest, reason: String) -> Result<Refund> {
        let Some((_, paid)) = self.paid else {
            return Err(
                codes::NOT_PAID.error("the payment of this order has not arrived yet; try again in a moment")
            );
        };
        let left = paid.checked_sub(self.refunded()?)?;
        let (amount, lines, cancels) = match request {
            RefundRequest::Everything => (left, self.pieces_left(), true),
            RefundRequest::Amount(amount) => (amount, Vec::new(), false),
            RefundRequest::Lines { lines, shipping } => {
                let mut amount = self.price_of(&lines)?;
                if shipping {
                    amount =
                        amount.checked_add(self.sale.shipping_net)?.checked_add(self.sale.shipping_tax)?;
                }
                (amount, lines, false)
            }
        };
        if amount.currency != paid.currency || amount.minor <= 0 {
            return Err(codes::REFUND_REFUSED
                .error(format!("a refund of this order is a positive amount in {}", paid.currency)));
        }
        if amount.minor > left.minor {
            return Err(codes::REFUND_REFUSED.error(format!("{left} is left to refund, not {amount}")));
        }
        Ok(Refund { id, amount, lines, reason, cancels })
    }

    fn pieces_left(&self) -> Vec<RefundLine> {
        let mut left: Vec<RefundLine> = Vec::new();
        for line in &self.sale.lines {
            match left.iter_mut().find(|known| known.variant_id == line.variant_id) {
                Some(known) => known.quantity += line.quantity,
                None => left.push(RefundLine { variant_id: line.variant_id, quantity: line.quantity }),
            }
        }
        for line in &mut left {
            line.quantity = line.quantity.saturating_sub(self.pieces_back(line.variant_id));
        }
        left.retain(|line| line.quantity > 0);
        left
    }

    // What the next pieces of each variant cost, so that the refunds of all pieces add up to what was paid for them:
    // the price of pieces `a..b` is cumulative(b) − cumulative(a).
    fn price_of(&self, lines: &[RefundLine]) -> Result<Money> {
        let mut amount = Money::zero(self.sale.currency());
        for (place, wanted) in lines.iter().enumerate() {
            let earlier: u32 =
                lines[..place].iter().filter(|l| l.variant_id == wanted.variant_id).map(|l| l.quantity).sum();
            let from = self.pieces_back(wanted.variant_id).saturating_add(earlier);
            let to = from.checked_add(wanted.quantity).ok_or_else(too_many)?;
            let step = self
                .cumulative(wanted.variant_id, to)?
                .checked_sub(self.cumulative(wanted.variant_id, from)?)?;
            amount = amount.checked_add(step)?;
        }
        Ok(amount)
    }

    // What the first `pieces` of a variant cost with tax, over all its lines in their order.
    fn cumulative(&self, variant: Id<Variant>, pieces: u32) -> Result<Money> {
        let mut amount = Money::zero(self.sale.currency());
        let mut left = pieces;
        for line in self.sale.lines.iter().filter(|line| line.variant_id == variant) {
            let taken = left.min(line.quantity);
            left -= taken;
            let whole = line.net.checked_add(line.tax)?;
            let rest = u64::from(line.quantity - taken);
            if taken > 0 {
                let part = if rest == 0 { whole } else { whole.allocate(&[u64::from(taken), rest])?[0] };
                amount = amount.checked_add(part)?;
            }
        }
        if left > 0 { Err(too_many()) } else { Ok(amount) }
    }
}

fn too_many() -> Error {
    codes::REFUND_REFUSED.error("more pieces than were sold and not yet given back")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variant(number: u8) -> Id<Variant> {
        Id::from_bytes([number; 16])
    }

    fn pounds(minor: i64) -> Money {
        Money::new(minor, Currency::GBP)
    }

    fn placed(lines: &[(u8, u32, i64, i64)]) -> Vec<Fact> {
        let lines: Vec<Line> = lines
            .iter()
            .map(|(number, quantity, net, tax)| Line {
                variant_id: variant(*number),
                sku: format!("sku-{number}"),
                name: "thing".into(),
                quantity: *quantity,
                unit_net: pounds(1),
                net: pounds(*net),
                tax: pounds(*tax),
                tax_rate: BasisPoints(2_000),
            })
            .collect();
        let net = pounds(lines.iter().map(|line| line.net.minor).sum::<i64>() + 300);
        let tax = pounds(lines.iter().map(|line| line.tax.minor).sum::<i64>() + 60);
        let total = net.checked_add(tax).unwrap();
        let sale = Sale {
            owner: Owner("ses_x".into()),
            email: "a@example.org".into(),
            address: Address {
                name: "A".into(),
                line1: "1 Road".into(),
                line2: String::new(),
                city: "Town".into(),
                postcode: "X1".into(),
                country: "GB".into(),
            },
            lines,
            shipping_method: "standard".into(),
            shipping_net: pounds(300),
            shipping_tax: pounds(60),
            net,
            tax,
            total,
        };
        vec![
            Fact::Placed {
                number: "S-10001".into(),
                checkout_id: Id::from_bytes([1; 16]),
                placed_at: Timestamp::from_micros(1),
                sale: Arc::new(sale),
            },
            Fact::Paid { payment_id: Id::from_bytes([1; 16]), amount: total },
        ]
    }

    fn order(facts: &[Fact]) -> Order {
        facts.iter().fold(None, Order::apply).unwrap()
    }

    fn refund(facts: &mut Vec<Fact>, number: u8, request: RefundRequest) -> Result<Money> {
        let refund = order(facts).plan_refund(Id::from_bytes([number; 16]), request, "test".into())?;
        let amount = refund.amount;
        facts.push(Fact::RefundRequested { refund: refund.clone() });
        facts.push(Fact::Refunded { refund, country: "GB".into(), at: None });
        Ok(amount)
    }

    #[test]
    fn states_follow_the_money() {
        let mut facts = placed(&[(1, 3, 1_000, 200)]);
        assert_eq!(order(&facts[..1]).state(), State::Placed);
        assert_eq!(order(&facts).state(), State::Paid);
        refund(&mut facts, 1, RefundRequest::Amount(pounds(100))).unwrap();
        assert_eq!(order(&facts).state(), State::PartlyRefunded);
        refund(&mut facts, 2, RefundRequest::Everything).unwrap();
        assert_eq!(order(&facts).state(), State::Cancelled);
        assert_eq!(order(&facts).refunded().unwrap(), pounds(1_560));
        assert!(refund(&mut facts, 3, RefundRequest::Everything).is_err());
    }

    #[test]
    fn no_refund_before_the_money_is_there_nor_beyond_it() {
        let mut facts = placed(&[(1, 3, 1_000, 200)]);
        let unpaid =
            order(&facts[..1]).plan_refund(Id::from_bytes([1; 16]), RefundRequest::Everything, "".into());
        assert!(unpaid.unwrap_err().is(&codes::NOT_PAID));
        for request in [
            RefundRequest::Amount(pounds(1_561)),
            RefundRequest::Amount(pounds(0)),
            RefundRequest::Amount(pounds(-5)),
            RefundRequest::Amount(Money::new(5, Currency::EUR)),
            RefundRequest::Lines {
                lines: vec![RefundLine { variant_id: variant(1), quantity: 4 }],
                shipping: false,
            },
            RefundRequest::Lines {
                lines: vec![RefundLine { variant_id: variant(9), quantity: 1 }],
                shipping: false,
            },
            RefundRequest::Lines {
                lines: vec![RefundLine { variant_id: variant(1), quantity: 2 }; 2],
                shipping: false,
            },
        ] {
            assert!(refund(&mut facts, 1, request.clone()).is_err(), "{request:?}");
        }
    }

    proptest! {
        #[test]
        fn refunding_piece_by_piece_gives_back_exactly_what_was_paid(
            net in 1i64..100_000, tax in 0i64..20_000, quantity in 1u32..30, second in 1u32..30,
        ) {
            let mut facts = placed(&[(1, quantity, net, tax), (1, second, net * 2, tax), (2, 1, 77, 0)]);
            let mut back = 0;
            for piece in 0..quantity + second {
                let line = RefundLine { variant_id: variant(1), quantity: 1 };
                let request = RefundRequest::Lines { lines: vec![line], shipping: piece == 0 };
                match refund(&mut facts, u8::try_from(piece).unwrap(), request) {
                    Ok(amount) => back += amount.minor,
                    // A piece may cost less than a penny; then there is nothing to give back for it alone.
                    Err(error) => { prop_assert!(error.is(&codes::REFUND_REFUSED)); return Ok(()); }
                }
            }
            prop_assert_eq!(back, net * 3 + tax * 2 + 360);
        }
    }
}
