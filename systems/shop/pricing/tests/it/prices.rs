//! Price lists: who sets them, and what is refused.

use mainstay_core::{Currency, codes};
use mainstay_rpc::{answer, request};
use shop_pricing_contracts::{GetPricesRequest, ListShippingMethodsRequest};

use crate::app::{TestApp, customer, price, staff, variant};

#[tokio::test]
async fn prices_are_told_by_list_and_absent_ones_left_out() {
    let app = TestApp::start().await;
    let prices: Vec<_> =
        (0..200).map(|number| price(number, i64::from(number), Currency::GBP, "zero")).collect();
    app.set_as(&app.ctx, prices).await.unwrap();
    let variant_ids: Vec<_> = (0..=255).map(|number| variant(number).to_vec()).collect();
    let ask =
        |currency: &str| GetPricesRequest { currency: currency.into(), variant_ids: variant_ids.clone() };
    let mut found = answer(app.client().get_prices(request(&app.ctx, ask("GBP"))).await).unwrap().prices;
    found.sort_by_key(|price| price.variant_id[0]);
    assert_eq!(found.len(), 200);
    assert!((0..200).zip(&found).all(|(number, price)| price.amount.as_ref().unwrap().minor == number));
    assert_eq!(found[7].tax_class, "zero");
    assert!(answer(app.client().get_prices(request(&app.ctx, ask("EUR"))).await).unwrap().prices.is_empty());
}

#[tokio::test]
async fn only_staff_and_services_set_prices() {
    let app = TestApp::start().await;
    let prices = || vec![price(1, 100, Currency::GBP, "standard")];
    let refused = app.set_as(&app.ctx.with_principal(customer()), prices()).await.unwrap_err();
    assert!(refused.is(&codes::FORBIDDEN));
    app.set_as(&app.ctx.with_principal(staff()), prices()).await.unwrap();
}

#[tokio::test]
async fn bad_prices_are_refused_and_none_of_the_batch_is_set() {
    let app = TestApp::start().await;
    app.set(&[(1, 100)]).await;
    let good = || price(1, 999, Currency::GBP, "standard");
    for (bad, field) in [
        (price(2, -1, Currency::GBP, "standard"), "prices[1].amount"),
        (price(2, 1, Currency::GBP, "luxury"), "prices[1].tax_class"),
        (price(1, 1, Currency::GBP, "standard"), "prices[1].variant_id"),
        (shop_pricing_contracts::Price { amount: None, ..good() }, "prices[1].amount"),
        (shop_pricing_contracts::Price { variant_id: vec![1; 15], ..good() }, "prices[1].variant_id"),
    ] {
        let refused = app.set_as(&app.ctx, vec![good(), bad]).await.unwrap_err();
        assert!(refused.is(&codes::INVALID));
        assert_eq!(refused.fields()[0].path, field);
    }
    for count in [0, 1_001] {
        let many = (0..count).map(|_| good()).collect();
        assert!(app.set_as(&app.ctx, many).await.unwrap_err().is(&codes::INVALID));
    }
    assert_eq!(app.quote("US", &[(1, 1)], "").await.unwrap().total.unwrap().minor, 100);
}

#[tokio::test]
async fn peers_list_shipping_methods() {
    let app = TestApp::start().await;
    let ask = ListShippingMethodsRequest { country: "FR".into(), currency: "EUR".into() };
    let methods = answer(app.client().list_shipping_methods(request(&app.ctx, ask)).await).unwrap().methods;
    let codes: Vec<_> =
        methods.iter().map(|method| (method.code.as_str(), method.net.as_ref().unwrap().minor)).collect();
    assert_eq!(codes, [("standard", 990), ("express", 1_950)]);
}
