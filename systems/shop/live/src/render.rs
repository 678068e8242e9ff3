//! What is pushed of an event: what whoever may enter the room may know, and no more.

use mainstay_core::{Id, Money, Result, codes};
use mainstay_events::{Envelope, Event};
use mainstay_rpc::v1::required_money;
use serde::Serialize;
use shop_catalog_contracts::Variant;
use shop_inventory_contracts::StockChanged;
use shop_orders_contracts::order_event::Fact;
use shop_orders_contracts::{Order, OrderEvent};

/// The key of the room, and the message's data.
type Rendered = Result<Option<(String, Vec<u8>)>>;

// How many are on hand or held would let a competitor read the sales off it, so it is not here.
#[derive(Serialize)]
struct Stock {
    available: i64,
}

#[derive(Serialize)]
struct Change<'a> {
    change: &'static str,
    number: &'a str,
    /// What was paid or given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
}

/// A level changed.
pub fn stock(envelope: &Envelope) -> Rendered {
    let event: StockChanged = decode(envelope)?;
    let variant = Id::<Variant>::try_from_slice(&event.variant_id)?;
    // Pieces that were sold twice by an adjustment are nobody's business but the staff's.
    json(&variant, &Stock { available: event.available.max(0) })
}

/// Something happened to an order. A checkout that went back never was an order.
pub fn order(envelope: &Envelope) -> Rendered {
    let event: OrderEvent = decode(envelope)?;
    let order = Id::<Order>::try_from_slice(&event.order_id)?;
    let (change, amount) = match &event.fact {
        Some(Fact::Placed(placed)) => ("placed", Some(required_money(placed.total.as_ref(), "total")?)),
        Some(Fact::Paid(paid)) => ("paid", Some(required_money(paid.amount.as_ref(), "amount")?)),
        Some(Fact::Refunded(refunded)) => {
            ("refunded", Some(required_money(refunded.amount.as_ref(), "amount")?))
        }
        Some(Fact::Cancelled(_)) => ("cancelled", None),
        Some(Fact::Reversed(_)) | None => return Ok(None),
    };
    json(&order, &Change { change, number: &event.number, amount })
}

fn decode<E: Event>(envelope: &Envelope) -> Result<E> {
    E::decode(envelope.data.as_slice())
        .map_err(|error| codes::DATA_LOSS.because(format!("the bytes are no {}", E::TYPE), error))
}

fn json(key: &impl ToString, data: &impl Serialize) -> Rendered {
    let data = serde_json::to_vec(data)
        .map_err(|error| codes::INTERNAL.because("a message cannot be written", error))?;
    Ok(Some((key.to_string(), data)))
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Currency, Timestamp};
    use mainstay_events::Position;
    use prost::Message;
    use shop_orders_contracts::{CheckoutReversed, OrderCancelled, OrderPaid};

    use super::*;

    fn envelope(data: Vec<u8>) -> Envelope {
        Envelope {
            position: Position(1),
            id: Id::from_bytes([1; 16]),
            source: "test".into(),
            event_type: String::new(),
            key: String::new(),
            time: Timestamp::from_micros(0),
            trace: None,
            data,
        }
    }

    fn text(rendered: Rendered) -> Option<(String, String)> {
        rendered.unwrap().map(|(key, data)| (key, String::from_utf8(data).unwrap()))
    }

    #[test]
    fn of_stock_a_page_learns_how_many_it_may_sell_and_no_more() {
        let level = |available| StockChanged {
            variant_id: vec![2; 16],
            on_hand: 12,
            held: 5,
            available,
            cause: "reserve:secret".to_owned(),
        };
        let (key, data) = text(stock(&envelope(level(7).encode_to_vec()))).unwrap();
        assert!(key.starts_with("var_"), "{key}");
        assert_eq!(data, r#"{"available":7}"#);
        assert_eq!(text(stock(&envelope(level(-3).encode_to_vec()))).unwrap().1, r#"{"available":0}"#);
    }

    #[test]
    fn of_an_order_its_buyer_learns_what_happened_and_not_who_lives_where() {
        let event = |fact| OrderEvent {
            order_id: vec![3; 16],
            number: "S-1".to_owned(),
            email: "ada@home.example".to_owned(),
            fact,
        };
        let rendered = |fact| text(order(&envelope(event(fact).encode_to_vec())));
        let amount = Money::new(1_250, Currency::GBP);
        let paid = Fact::Paid(OrderPaid { amount: Some(amount.into()), order: None });
        let (key, data) = rendered(Some(paid)).unwrap();
        assert!(key.starts_with("ord_"), "{key}");
        assert!(data.starts_with(r#"{"change":"paid","number":"S-1","amount":"#), "{data}");
        assert!(!data.contains("ada"), "{data}");
        let cancelled = Fact::Cancelled(OrderCancelled { reason: "private".to_owned() });
        assert_eq!(rendered(Some(cancelled)).unwrap().1, r#"{"change":"cancelled","number":"S-1"}"#);
        // No order ever was, or a fact of a later version: nothing to push.
        assert_eq!(rendered(Some(Fact::Reversed(CheckoutReversed::default()))), None);
        assert_eq!(rendered(None), None);
        assert!(order(&envelope(vec![0xFF])).is_err());
    }
}
