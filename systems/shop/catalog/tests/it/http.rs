//! What outsiders see and do.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, customer, product, product_id, staff};

async fn get(app: &TestApp, path: &str) -> mainstay_testkit::Answer {
    app.doors.call(&customer(), Method::GET, path, Value::Null).await
}

#[tokio::test]
async fn products_are_paged_by_key() {
    let app = TestApp::start().await;
    for number in 1..=5 {
        let mut product = product(number, 2);
        product.sellable = number != 3;
        app.put(product).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = get(&app, &format!("/v1/products?limit=2{after}")).await.expect(StatusCode::OK);
        for product in page["products"].as_array().unwrap() {
            assert_eq!(product["variants"].as_array().unwrap().len(), 2);
            seen.push(product["slug"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, ["product-1", "product-2", "product-4", "product-5"]);
    let all = app.doors.call(&staff(), Method::GET, "/v1/products", Value::Null).await.expect(StatusCode::OK);
    assert_eq!(all["products"].as_array().unwrap().len(), 5, "staff see what is hidden");
    for absurd in ["limit=0", "limit=101", "limit=-1", "limit=x", "after=prd_1", "order=price"] {
        assert_eq!(
            get(&app, &format!("/v1/products?{absurd}")).await.status,
            StatusCode::BAD_REQUEST,
            "{absurd}"
        );
    }
}

#[tokio::test]
async fn a_product_is_found_by_id_and_by_slug_and_hidden_ones_are_not() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let mut hidden = product(2, 1);
    hidden.sellable = false;
    app.put(hidden).await.unwrap();
    let by_id = get(&app, &format!("/v1/products/{}", product_id(1))).await.expect(StatusCode::OK);
    let by_slug = get(&app, "/v1/products?slug=product-1").await.expect(StatusCode::OK);
    assert_eq!(by_slug["products"], json!([by_id]));
    for path in [
        format!("/v1/products/{}", product_id(2)),
        format!("/v1/products/{}", product_id(9)),
        "/v1/products?slug=product-2".into(),
        "/v1/products?slug=nothing".into(),
    ] {
        let refused = get(&app, &path).await;
        assert_eq!(
            (refused.status, refused.code()),
            (StatusCode::NOT_FOUND, "catalog.product_unknown"),
            "{path}"
        );
    }
    assert_eq!(get(&app, "/v1/products/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn staff_put_products_and_variant_ids_follow_from_the_sku() {
    let app = TestApp::start().await;
    let path = format!("/v1/products/{}", product_id(1));
    let body = json!({
        "slug": "blue-mug",
        "name": "Blue mug",
        "variants": [{ "sku": "MUG-1" }, { "sku": "MUG-2", "name": "large", "sellable": false }],
    });
    let put = async |who, body: Value| app.doors.call(&who, Method::PUT, &path, body).await;
    assert_eq!(put(customer(), body.clone()).await.code(), "core.forbidden");
    let first = put(staff(), body.clone()).await.expect(StatusCode::OK);
    let again = put(staff(), body.clone()).await.expect(StatusCode::OK);
    assert_eq!(first, again, "a repeat needs no condition: it changes nothing");
    assert_eq!(first, get(&app, &path).await.expect(StatusCode::OK));
    assert_eq!(app.told().await.len(), 1);
    assert!(first["variants"][0]["id"].as_str().unwrap().starts_with("var_"));

    let mut faulty = body.clone();
    faulty["slug"] = "Blue Mug".into();
    faulty["pictures"] = json!(["javascript:alert(1)"]);
    let refused = app.staff(Method::PUT, &path, &[(http::header::IF_MATCH, "*")], faulty).await;
    let mut fields = refused.fields();
    fields.sort_unstable();
    assert_eq!((refused.status, fields), (StatusCode::UNPROCESSABLE_ENTITY, vec!["pictures/0", "slug"]));
    let mut unknown = body;
    unknown["price"] = 5.into();
    assert_eq!(put(staff(), unknown).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
