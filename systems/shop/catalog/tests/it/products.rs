//! Products and variants as peers put and get them.

use mainstay_core::codes;

use crate::app::{TestApp, customer, product, staff, variant_id};

#[tokio::test]
async fn a_product_is_replaced_and_the_same_one_again_is_no_change() {
    let app = TestApp::start().await;
    app.put(product(1, 2)).await.unwrap();
    app.put(product(1, 2)).await.unwrap();
    assert_eq!(app.told().await.len(), 1);
    let mut changed = product(1, 3);
    // Two variants swap their units, one goes: the rest of the product must not stand in the way.
    changed.variants.swap(0, 1);
    changed.variants[0].sku = "SKU-1-0".into();
    changed.variants[1].sku = "SKU-1-1".into();
    changed.variants[2].sellable = false;
    app.put(changed).await.unwrap();
    let told = app.told().await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[1].variants.len(), 3);
    let mut found = app.variants((0..3).map(|place| variant_id(1, place).to_vec()).collect()).await.unwrap();
    found.sort_by_key(|variant| variant.sku.clone());
    let seen: Vec<_> =
        found.iter().map(|variant| (variant.sku.as_str(), variant.id[0], variant.sellable)).collect();
    assert_eq!(seen, [("SKU-1-0", 1, true), ("SKU-1-1", 0, true), ("SKU-1-2", 2, false)]);
    assert_eq!(found[0].product_name, "Product 1");
}

#[tokio::test]
async fn variants_are_found_by_id_and_unknown_ones_left_out() {
    let app = TestApp::start().await;
    for number in 1..=5 {
        app.put(product(number, 40)).await.unwrap();
    }
    let all = (1..=6).flat_map(|number| (0..40).map(move |place| variant_id(number, place).to_vec()));
    assert_eq!(app.variants(all.collect()).await.unwrap().len(), 200);
    assert!(app.variants(vec![]).await.unwrap().is_empty());
    assert!(app.variants(vec![vec![1; 15]]).await.unwrap_err().is(&codes::INVALID));
    assert!(app.variants(vec![vec![1; 16]; 501]).await.unwrap_err().is(&codes::INVALID));
    let mut hidden = product(1, 40);
    hidden.sellable = false;
    app.put(hidden).await.unwrap();
    assert!(!app.variants(vec![variant_id(1, 0).to_vec()]).await.unwrap()[0].sellable);
}

#[tokio::test]
async fn what_belongs_to_another_product_is_refused_by_name() {
    let app = TestApp::start().await;
    app.put(product(1, 2)).await.unwrap();
    for (change, code, field) in [
        (
            (|other| other.slug = "product-1".into()) as fn(&mut shop_catalog_contracts::v1::Product),
            "catalog.slug_taken",
            "slug",
        ),
        (|other| other.variants[1].sku = "SKU-1-0".into(), "catalog.sku_taken", "variants"),
        (|other| other.variants[1].id = variant_id(1, 0).to_vec(), "catalog.variant_taken", "variants[1].id"),
    ] {
        let mut other = product(2, 2);
        change(&mut other);
        let refused = app.put(other).await.unwrap_err();
        assert_eq!((refused.code(), refused.fields()[0].path.as_str()), (code, field));
    }
    assert_eq!(app.told().await.len(), 1);
    assert!(app.variants(vec![variant_id(2, 0).to_vec()]).await.unwrap().is_empty(), "all or nothing");
}

#[tokio::test]
async fn only_staff_and_services_put_products() {
    let app = TestApp::start().await;
    let refused = app.put_as(&app.ctx.with_principal(customer()), product(1, 1)).await.unwrap_err();
    assert!(refused.is(&codes::FORBIDDEN));
    app.put_as(&app.ctx.with_principal(staff()), product(1, 1)).await.unwrap();
}

#[tokio::test]
async fn the_largest_product_fits_into_its_events() {
    let app = TestApp::start().await;
    let mut largest = product(1, 100);
    largest.name = "🫖".repeat(200);
    largest.description = "d".repeat(20_000);
    largest.pictures = vec![format!("/{}", "p".repeat(999)); 50];
    for (place, variant) in largest.variants.iter_mut().enumerate() {
        variant.sku = format!("{place:080}");
        variant.name = "🫖".repeat(200);
    }
    largest.options = (0..5).map(|number| "🫖".repeat(59) + &number.to_string()).collect();
    for (place, variant) in largest.variants.iter_mut().enumerate() {
        variant.options = (0..5).map(|number| format!("{}{number}{place:03}", "🫖".repeat(56))).collect();
    }
    app.put(largest).await.unwrap();
    let told = app.told().await;
    assert_eq!(told.iter().map(|product| product.variants.len()).collect::<Vec<_>>(), [50, 50]);
    assert!(told.iter().all(|product| product.version == 1));
}
