//! What buyers are shown is read once and is never older than a change that was answered.

use http::header::IF_MATCH;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, customer, product, product_id};

fn named(name: &str) -> Value {
    json!({ "slug": "product-1", "name": name, "variants": [{ "sku": "MUG-1" }] })
}

#[tokio::test]
async fn a_cold_hot_product_costs_one_load() {
    let app = TestApp::start().await;
    app.put(product(1, 100)).await.unwrap();
    let path = format!("/v1/products/{}", product_id(1));
    let shown = futures::future::join_all((0..500).map(|_| app.get(&path))).await;
    assert!(shown.iter().all(|answer| answer.status == StatusCode::OK && answer.body == shown[0].body));
    assert_eq!(shown[0].headers["etag"], "\"1\"");
    assert_eq!(app.loads(), 1);
    let as_staff = app.staff(Method::GET, &path, &[], Value::Null).await.expect(StatusCode::OK);
    assert_eq!(as_staff, shown[0].body);
    assert_eq!(app.loads(), 1, "staff read the database");
}

#[tokio::test]
async fn a_change_is_shown_as_soon_as_it_is_answered() {
    let app = TestApp::start().await;
    let path = format!("/v1/products/{}", product_id(1));
    assert_eq!(app.get(&path).await.code(), "catalog.product_unknown");
    assert_eq!(app.get("/v1/products/by-slug/product-1").await.code(), "catalog.product_unknown");
    for number in 0..20 {
        let name = format!("Mug {number}");
        app.staff(Method::PUT, &path, &[(IF_MATCH, "*")][..usize::from(number > 0)], named(&name))
            .await
            .expect(StatusCode::OK);
        for path in [path.as_str(), "/v1/products/by-slug/product-1"] {
            assert_eq!(app.get(path).await.expect(StatusCode::OK)["name"], name, "{path}");
        }
    }
    let mut draft = product(1, 1);
    draft.status = "draft".into();
    app.upsert(vec![draft]).await.unwrap();
    assert_eq!(app.get(&path).await.code(), "catalog.product_unknown", "also by an import");
}

#[tokio::test]
async fn a_change_in_another_process_is_shown_when_its_event_comes() {
    let app = TestApp::start().await;
    app.begin_background();
    app.put(product(1, 1)).await.unwrap();
    let path = format!("/v1/products/{}", product_id(1));
    let name = async || app.get(&path).await.expect(StatusCode::OK)["name"].as_str().unwrap().to_owned();
    assert_eq!(name().await, "Product 1");
    let other = app.beside().await;
    let staff = crate::app::staff();
    other
        .call_with(&staff, Method::PUT, &path, &[(IF_MATCH, "*")], named("Elsewhere"))
        .await
        .expect(StatusCode::OK);
    assert_eq!(other.call(&customer(), Method::GET, &path, Value::Null).await.body["name"], "Elsewhere");
    app.until(async || name().await == "Elsewhere").await;
}
