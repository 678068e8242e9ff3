//! No use case asks the database once for each row.

use std::sync::Arc;

use mainstay_core::QueryLedger;
use mainstay_testkit::TestDatabase;

use super::*;
use crate::model::{PAGE_MAX, Product, ProductId, Variant, VariantId};

fn id(number: u32) -> [u8; 16] {
    let mut bytes = [1; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

#[tokio::test]
async fn lists_and_look_ups_take_a_handful_of_statements() {
    let test = TestDatabase::open(&[mainstay_events::MIGRATIONS, crate::MIGRATIONS]).await;
    let outbox = Outbox::new(test.db.clone(), shop_catalog_contracts::SERVICE);
    let catalog = Catalog { db: test.db.clone(), outbox };
    let ledger = Arc::new(QueryLedger::default());
    let plain = Context::background("shop.test");
    let watched = plain.with_queries(Arc::clone(&ledger));
    for number in 0..PAGE_MAX {
        let variant = |place: u32| Variant {
            id: VariantId::from_bytes(id(number * 5 + place)),
            sku: format!("{number}-{place}"),
            name: String::new(),
            sellable: true,
        };
        let product = Product {
            id: ProductId::from_bytes(id(number)),
            slug: format!("product-{number}"),
            name: "Product".into(),
            description: String::new(),
            pictures: Vec::new(),
            sellable: true,
            variants: (0..5).map(variant).collect(),
        };
        put_product(&catalog, &plain, product).await.unwrap();
    }
    let page = list_products(&catalog, &watched, None, PAGE_MAX).await.unwrap();
    assert!(page.next.is_none() && page.products.iter().all(|product| product.variants.len() == 5));
    let ids = (0..500).map(|number| VariantId::from_bytes(id(number))).collect();
    assert_eq!(get_variants(&catalog, &watched, ids).await.unwrap().len(), 500);
    assert_eq!(ledger.repeated(), []);
}
