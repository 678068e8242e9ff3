//! What buyers are told, made from what happened to their order. Pure.

use mainstay_core::{Money, Result};
use mainstay_rpc::v1::{Money as WireMoney, required_money};
use serde::{Deserialize, Serialize};
use shop_orders_contracts::order_event::Fact;
use shop_orders_contracts::{OrderEvent, OrderLine, OrderPlaced};

use crate::codes;

/// The lines that a mail shows. A job's payload is bounded, and so is a reader's patience; the rest is counted.
const MAX_LINES: usize = 100;

/// One mail's contents, stored with its job: a later release must read what an earlier one wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    Confirmed(Confirmation),
    Cancelled {
        number: String,
        reason: String,
    },
    Refunded {
        number: String,
        amount: Money,
        reason: String,
    },
    /// Paid, but the goods were gone: the money was let go or given back.
    Reversed {
        amount: Money,
        reason: String,
    },
}

/// An order as its buyer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub number: String,
    /// The address, line by line, the buyer's name first.
    pub address: Vec<String>,
    pub lines: Vec<Line>,
    /// Lines beyond those shown.
    pub more_lines: usize,
    pub shipping_method: String,
    pub shipping: Money,
    pub tax: Money,
    pub total: Money,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub sku: String,
    pub quantity: u32,
    /// With tax.
    pub gross: Money,
}

impl Letter {
    /// The letter about an event; `None` for one that buyers are not written to about.
    ///
    /// Errors: `notifications.unreadable_event` when the event lacks what its fact promises.
    pub fn about(event: OrderEvent) -> Result<Option<Self>> {
        let number = event.number;
        let Some(fact) = event.fact else {
            // A fact that a later release tells and this one does not know.
            return Ok(None);
        };
        Ok(match fact {
            // The buyer has that from the answer; the mail waits until the money is there too.
            Fact::Placed(_) => None,
            Fact::Paid(paid) => {
                let order =
                    paid.order.ok_or_else(|| codes::UNREADABLE.error("the event lacks paid.order"))?;
                Some(Self::Confirmed(confirmation(number, order)?))
            }
            Fact::Cancelled(cancelled) => Some(Self::Cancelled { number, reason: cancelled.reason }),
            Fact::Refunded(refunded) => {
                let amount = money(refunded.amount.as_ref(), "refunded.amount")?;
                Some(Self::Refunded { number, amount, reason: refunded.reason })
            }
            Fact::Reversed(reversed) => {
                let amount = money(reversed.amount.as_ref(), "reversed.amount")?;
                Some(Self::Reversed { amount, reason: reversed.reason })
            }
        })
    }

    /// The name of its templates.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::Confirmed(_) => "confirmed",
            Self::Cancelled { .. } => "cancelled",
            Self::Refunded { .. } => "refunded",
            Self::Reversed { .. } => "reversed",
        }
    }

    pub fn subject(&self) -> String {
        match self {
            Self::Confirmed(order) => format!("Your order {} is placed and paid", order.number),
            Self::Cancelled { number, .. } => format!("Your order {number} is cancelled"),
            Self::Refunded { number, amount, .. } => {
                format!("{amount} of your order {number} is on its way back")
            }
            Self::Reversed { amount, .. } => format!("Your payment of {amount} was given back"),
        }
    }
}

fn confirmation(number: String, placed: OrderPlaced) -> Result<Confirmation> {
    let address = placed.address.unwrap_or_default();
    let town = format!("{} {}", address.postcode, address.city);
    let lines = [address.name, address.line1, address.line2, town, address.country];
    let more_lines = placed.lines.len().saturating_sub(MAX_LINES);
    let shipping = money(placed.shipping_net.as_ref(), "paid.order.shipping_net")?
        .checked_add(money(placed.shipping_tax.as_ref(), "paid.order.shipping_tax")?)?;
    Ok(Confirmation {
        number,
        address: lines
            .into_iter()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect(),
        lines: placed.lines.into_iter().take(MAX_LINES).map(line).collect::<Result<_>>()?,
        more_lines,
        shipping_method: placed.shipping_method,
        shipping,
        tax: money(placed.tax.as_ref(), "paid.order.tax")?,
        total: money(placed.total.as_ref(), "paid.order.total")?,
    })
}

fn line(line: OrderLine) -> Result<Line> {
    let net = money(line.net.as_ref(), "paid.order.lines.net")?;
    let gross = net.checked_add(money(line.tax.as_ref(), "paid.order.lines.tax")?)?;
    Ok(Line { name: line.name, sku: line.sku, quantity: line.quantity, gross })
}

fn money(wire: Option<&WireMoney>, field: &str) -> Result<Money> {
    required_money(wire, field).map_err(|error| {
        codes::UNREADABLE.because(format!("the event's {field} is missing or malformed"), error)
    })
}
