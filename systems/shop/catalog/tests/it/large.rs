//! A product with a thousand variants over HTTP.

use http::StatusCode;

use crate::app::{TestApp, product, product_id};

#[tokio::test]
async fn the_variants_of_a_large_product_are_paged() {
    let app = TestApp::start().await;
    let mut large = product(1, 250);
    large.options = vec!["size".into()];
    for (place, variant) in large.variants.iter_mut().enumerate() {
        variant.options = vec![format!("size {place}")];
    }
    app.put(large).await.unwrap();
    let path = format!("/v1/products/{}", product_id(1));
    let listed = app.get("/v1/products").await.expect(StatusCode::OK);
    let listed = &listed["products"][0];
    assert_eq!(listed["variants"].as_array().unwrap().len(), 20);
    assert_eq!(listed["variant_count"], 250);
    let whole = app.get(&path).await.expect(StatusCode::OK);
    assert_eq!(whole["variants"].as_array().unwrap().len(), 250);
    assert_eq!(whole["options"][0]["values"].as_array().unwrap().len(), 250);
    let mut seen = Vec::new();
    let mut from = 0;
    loop {
        let page = app.get(&format!("{path}/variants?limit=100&from={from}")).await.expect(StatusCode::OK);
        seen.extend(page["variants"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_u64() else { break };
        from = next;
    }
    assert_eq!(serde_json::Value::Array(seen), whole["variants"]);
    for absurd in ["limit=0", "limit=501", "from=-1", "from=x", "page=2"] {
        let refused = app.get(&format!("{path}/variants?{absurd}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{absurd}");
    }
    assert_eq!(
        app.get(&format!("/v1/products/{}/variants", product_id(2))).await.code(),
        "catalog.product_unknown"
    );
}
