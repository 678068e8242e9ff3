//! No use case asks the database once for each row.

use std::collections::BTreeMap;
use std::sync::Arc;

use mainstay_core::{Context, Currency, Money, QueryLedger};
use mainstay_testkit::TestDatabase;

use super::*;
use crate::model::{LINES_MAX, Line, Price, TaxClass, VariantId, default_methods};

#[tokio::test]
async fn a_quote_of_a_full_cart_takes_a_handful_of_statements() {
    let test =
        TestDatabase::open(&[mainstay_events::MIGRATIONS, mainstay_audit::MIGRATIONS, crate::MIGRATIONS])
            .await;
    let pricing = Pricing {
        access: shop_access_contracts::access().unwrap(),
        audit: mainstay_audit::Audit::new(&mainstay_secrets::Key::from_bytes([5; 32])),
        db: test.db.clone(),
        metrics: Metrics::register(&mainstay_telemetry::Registry::new()),
        outbox: Outbox::new(test.db.clone(), shop_pricing_contracts::SERVICE),
        tax: Arc::new(TaxTable::new(&BTreeMap::new()).unwrap()),
        shipping: Arc::new(ShippingTable::new(&default_methods()).unwrap()),
    };
    let plain = Context::background("shop.test");
    let variants: Vec<VariantId> =
        (0..LINES_MAX as u128).map(|number| VariantId::from_bytes(number.to_be_bytes())).collect();
    let price = Price { amount: Money::new(100, Currency::GBP), class: TaxClass::Standard };
    set_prices(&pricing, &plain, variants.iter().map(|variant| (*variant, price)).collect()).await.unwrap();
    let ledger = Arc::new(QueryLedger::default());
    let watched = plain.with_queries(Arc::clone(&ledger));
    let lines = variants.into_iter().map(|variant| Line { variant, quantity: 2 }).collect();
    let country = "GB".parse().unwrap();
    let basket = Basket { currency: Currency::GBP, country, lines, shipping_method: None };
    assert_eq!(quote(&pricing, &watched, basket).await.unwrap().net.minor, 500 * 200);
    assert_eq!(ledger.repeated(), []);
}
