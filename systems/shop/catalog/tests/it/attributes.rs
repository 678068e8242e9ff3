//! Typed attributes.

use http::header::IF_MATCH;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, product_id};

async fn defined() -> TestApp {
    let app = TestApp::start().await;
    for (code, kind) in [("material", "text"), ("volume", "number"), ("dishwasher", "flag")] {
        let body = json!({ "name": code, "kind": kind, "filterable": true });
        app.staff(Method::PUT, &format!("/v1/attributes/{code}"), &[], body).await.expect(StatusCode::OK);
    }
    app
}

fn mug(attributes: Value) -> Value {
    json!({ "slug": "mug", "name": "Mug", "attributes": attributes, "variants": [{ "sku": "M" }] })
}

#[tokio::test]
async fn values_are_held_against_their_definitions() {
    let app = defined().await;
    let path = format!("/v1/products/{}", product_id(1));
    let values = json!({ "material": "steel", "volume": 350.5, "dishwasher": true });
    let put = app.staff(Method::PUT, &path, &[], mug(values.clone())).await.expect(StatusCode::OK);
    assert_eq!(put["attributes"], values);
    assert_eq!(app.get(&path).await.expect(StatusCode::OK)["attributes"], values);
    for (attributes, field) in [
        (json!({ "materiel": "steel" }), "attributes/materiel"),
        (json!({ "material": 5 }), "attributes/material"),
        (json!({ "material": "" }), "attributes/material"),
        (json!({ "material": "\u{0}" }), "attributes/material"),
        (json!({ "volume": "350" }), "attributes/volume"),
        (json!({ "dishwasher": 1 }), "attributes/dishwasher"),
    ] {
        let refused = app.staff(Method::PUT, &path, &[(IF_MATCH, "*")], mug(attributes)).await;
        assert!(refused.status.is_client_error());
        // One field may be wrong in two ways.
        let mut fields = refused.fields();
        fields.dedup();
        assert_eq!(fields, [field]);
    }
}

#[tokio::test]
async fn a_definition_keeps_its_kind() {
    let app = defined().await;
    let change = async |body: Value| {
        app.staff(Method::PUT, "/v1/attributes/volume", &[(IF_MATCH, "\"1\"")], body).await
    };
    let other = change(json!({ "name": "Volume", "kind": "text" })).await;
    assert_eq!((other.status, other.code()), (StatusCode::CONFLICT, "catalog.attribute_kind"));
    change(json!({ "name": "Volume", "kind": "number", "unit": "ml" })).await.expect(StatusCode::OK);
    let all = app.get("/v1/attributes").await.expect(StatusCode::OK);
    assert_eq!(all["attributes"][2]["unit"], "ml");
    assert_eq!(all["attributes"][2]["version"], 2);
}
