//! No use case asks the database once for each row, and the hot ones do with few statements.

use std::sync::Arc;

use mainstay_core::{Context, QueryLedger};
use mainstay_testkit::TestDatabase;

use super::*;
use crate::model::{LINES_MAX, VariantId};

#[tokio::test]
async fn levels_of_a_full_cart_take_a_handful_of_statements() {
    let test =
        TestDatabase::open(&[mainstay_events::MIGRATIONS, mainstay_audit::MIGRATIONS, crate::MIGRATIONS])
            .await;
    let outbox = Outbox::new(test.db.clone(), shop_inventory_contracts::SERVICE);
    let stock = Stock {
        db: test.db.clone(),
        outbox,
        metrics: Metrics::register(&mainstay_telemetry::Registry::new()),
        access: shop_access_contracts::access().unwrap(),
        audit: mainstay_audit::Audit::new(&mainstay_secrets::Key::from_bytes([5; 32])),
    };
    let ledger = Arc::new(QueryLedger::default());
    let plain = Context::background("shop.test");
    let variants: Vec<VariantId> =
        (0..LINES_MAX as u128).map(|number| VariantId::from_bytes(number.to_be_bytes())).collect();
    let delivery = variants.iter().map(|variant| (*variant, 1)).collect();
    adjust(&stock, &plain, "delivery:1".into(), delivery).await.unwrap();
    let watched = plain.with_queries(Arc::clone(&ledger));
    let levels = get_levels(&stock, &watched, variants.clone()).await.unwrap();
    assert_eq!(levels.len(), LINES_MAX);
    let again = variants.iter().map(|variant| (*variant, 1)).collect();
    adjust(&stock, &watched, "delivery:1".into(), again).await.unwrap();
    assert_eq!(ledger.repeated(), []);
}
