//! What outsiders see and do.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, customer, staff, variant};

#[tokio::test]
async fn shipping_methods_are_listed_for_a_destination() {
    let app = TestApp::start().await;
    let get = async |query: &str| {
        let path = format!("/v1/shipping-methods?{query}");
        app.doors.call(&customer(), Method::GET, &path, Value::Null).await
    };
    let listed = get("country=GB&currency=GBP").await.expect(StatusCode::OK);
    assert_eq!(listed["methods"][0]["code"], "standard");
    assert_eq!(listed["methods"][0]["net"], json!({ "amount": "3.50", "currency": "GBP" }));
    assert_eq!(listed["methods"].as_array().unwrap().len(), 2);
    assert_eq!(get("country=GB&currency=JPY").await.expect(StatusCode::OK)["methods"], json!([]));
    for absurd in ["", "country=GB", "country=Britain&currency=GBP", "country=GB&currency=pounds"] {
        assert_eq!(get(absurd).await.status, StatusCode::BAD_REQUEST, "{absurd}");
    }
}

#[tokio::test]
async fn staff_set_prices_and_customers_do_not() {
    let app = TestApp::start().await;
    let put = async |who, body: Value| app.doors.call(&who, Method::PUT, "/v1/prices", body).await;
    let price = |amount: &str, class: &str| {
        json!({ "prices": [{
            "variant_id": variant(1).to_string(),
            "amount": { "amount": amount, "currency": "GBP" },
            "tax_class": class,
        }] })
    };
    assert_eq!(put(customer(), price("12.50", "standard")).await.code(), "core.forbidden");
    put(staff(), price("12.50", "standard")).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(app.quote("US", &[(1, 1)], "").await.unwrap().total.unwrap().minor, 1_250);
    let finer = put(staff(), price("12.505", "standard")).await;
    assert_eq!(
        (finer.status, finer.fields()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["prices/0/amount/amount"])
    );
    let class = put(staff(), price("12.50", "luxury")).await;
    assert_eq!(
        (class.status, class.fields()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["prices/0/tax_class"])
    );
    assert_eq!(put(staff(), price("-1.00", "standard")).await.fields(), ["prices/0/amount"]);
}
