//! Products as an import puts them.

use mainstay_core::codes;

use crate::app::{TestApp, product, variant_id};

#[tokio::test]
async fn variants_are_added_and_changed_and_none_is_removed() {
    let app = TestApp::start().await;
    assert_eq!(app.upsert(vec![product(1, 3), product(2, 2)]).await.unwrap(), (2, 5));
    assert_eq!(app.upsert(vec![product(1, 3), product(2, 2)]).await.unwrap(), (0, 0), "again is nothing");
    assert_eq!(app.told().await.len(), 2);
    let mut more = product(1, 5);
    more.variants.drain(0..2);
    more.variants[0].name = "renamed".into();
    assert_eq!(app.upsert(vec![more]).await.unwrap(), (1, 3));
    let told = app.told().await;
    assert_eq!((told[2].version, told[2].variants.len()), (2, 3), "only what changed is told");
    let all = (0..5).map(|place| variant_id(1, place).to_vec()).collect();
    assert_eq!(app.variants(all).await.unwrap().len(), 5);
}

#[tokio::test]
async fn one_bad_product_leaves_nothing_of_the_batch_and_is_named() {
    let app = TestApp::start().await;
    app.put(product(9, 1)).await.unwrap();
    for (change, field) in [
        ((|bad| bad.slug = "No".into()) as fn(&mut shop_catalog_contracts::v1::Product), "products[1].slug"),
        (|bad| bad.slug = "product-9".into(), "products[1].slug"),
        (|bad| bad.variants[0].sku = "SKU-9-0".into(), "products[1].variants"),
        (|bad| bad.variants[0].sku = "a b".into(), "products[1].variants[0].sku"),
        (|bad| bad.variants[0].id = variant_id(9, 0).to_vec(), "products[1].variants[0].id"),
        (|bad| bad.variants.clear(), "products[1].variants"),
        (|bad| bad.id.truncate(3), "products[1].id"),
        (|bad| bad.id = vec![1; 16], "products[1].id"),
        (|bad| bad.status = "sold".into(), "products[1].status"),
        (|bad| bad.category_ids = vec![vec![7; 16]], "products[1].categories[0]"),
    ] {
        let mut bad = product(2, 2);
        change(&mut bad);
        let refused = app.upsert(vec![product(1, 1), bad]).await.unwrap_err();
        assert_eq!(refused.fields()[0].path, field, "{refused}");
    }
    assert_eq!(app.told().await.len(), 1);
    assert!(app.variants(vec![variant_id(1, 0).to_vec()]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_batch_is_bounded_and_staffs() {
    let app = TestApp::start().await;
    assert!(app.upsert(vec![]).await.unwrap_err().is(&codes::INVALID));
    let many = (1..=101).map(|number| product(number, 20)).collect();
    assert!(app.upsert(many).await.unwrap_err().is(&codes::INVALID));
    assert_eq!(
        app.upsert((1..=100).map(|number| product(number, 20)).collect()).await.unwrap(),
        (100, 2_000)
    );
}

#[tokio::test]
async fn a_product_grows_over_batches_and_not_without_end() {
    let app = TestApp::start().await;
    let part = |number: u16| {
        let mut part = product(1, 250);
        for variant in &mut part.variants {
            variant.sku = format!("{number}-{}", variant.sku);
            variant.id[1..3].copy_from_slice(&number.to_be_bytes());
        }
        part
    };
    for number in 100..108 {
        assert_eq!(app.upsert(vec![part(number)]).await.unwrap(), (1, 250));
    }
    let refused = app.upsert(vec![part(108)]).await.unwrap_err();
    assert_eq!(refused.fields()[0].path, "products[0].variants");
}
