//! No query is asked once for each row, and carts come back as they were written.

use std::sync::Arc;

use mainstay_core::{Context, Currency, QueryLedger};
use mainstay_sql::{Tx, View};
use mainstay_testkit::TestDatabase;

use super::*;
use crate::model::{Address, Cart, CartId, CheckoutId, PaymentToken, State, VariantId};

fn cart_number(number: u8) -> Cart {
    let mut cart = Cart::new(CartId::from_bytes([number; 16]), "ses_1".into(), Currency::GBP);
    for place in 0..3 {
        cart.add(VariantId::from_bytes([place; 16]), 2, format!("SKU-{place}"), "Mug".into()).unwrap();
    }
    cart
}

#[tokio::test]
async fn every_state_and_detail_survives_rest() {
    let test = TestDatabase::open(&[crate::MIGRATIONS]).await;
    let ctx = Context::background("shop.test");
    let mut whole = cart_number(1);
    whole.address = Some(Address { city: "Hull".into(), ..Address::default() });
    whole.shipping_method = Some("standard".into());
    whole.payment = Some(PaymentToken::parse("tok_ok").unwrap());
    for state in [
        State::Open,
        State::Locked(CheckoutId::from_bytes([5; 16])),
        State::Ordered(CheckoutId::from_bytes([6; 16])),
    ] {
        whole.state = state;
        let written = whole.clone();
        let write = move |tx: &Tx<'_>| {
            if cart(tx, written.id)?.is_none() {
                insert(tx, &written)?;
                written.lines.iter().try_for_each(|line| put_line(tx, written.id, line))?;
            }
            save(tx, &written)?;
            cart(tx, written.id)
        };
        assert_eq!(test.db.write(&ctx, write).await.unwrap(), Some(whole.clone()));
    }
}

#[tokio::test]
async fn a_buyer_with_many_carts_costs_a_handful_of_statements() {
    let test = TestDatabase::open(&[crate::MIGRATIONS]).await;
    let ledger = Arc::new(QueryLedger::default());
    let plain = Context::background("shop.test");
    let write = |tx: &Tx<'_>| {
        for cart in (1..=50).map(cart_number) {
            insert(tx, &cart)?;
            cart.lines.iter().try_for_each(|line| put_line(tx, cart.id, line))?;
        }
        Ok(())
    };
    test.db.write(&plain, write).await.unwrap();
    let watched = plain.with_queries(Arc::clone(&ledger));
    let read = |view: &View<'_>| carts_of(view, "ses_1", 100);
    let carts = test.db.read(&watched, read).await.unwrap();
    assert_eq!(carts, (1..=50).map(cart_number).collect::<Vec<_>>());
    assert_eq!(ledger.repeated(), []);
}
