//! What outsiders see and do.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{TestApp, customer, reservation, staff, variant};

#[tokio::test]
async fn everybody_sees_what_is_available_and_staff_the_rest() {
    let app = TestApp::start().await;
    app.adjust("delivery:1", &[(variant(1), 5)]).await.unwrap();
    app.reserve(reservation(1), &[(variant(1), 2)]).await.unwrap();
    let path = format!("/v1/stock/{}", variant(1));
    let seen = app.doors.call(&customer(), Method::GET, &path, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(seen, json!({ "variant_id": variant(1).to_string(), "available": 3 }));
    let seen = app.doors.call(&staff(), Method::GET, &path, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(
        seen,
        json!({ "variant_id": variant(1).to_string(), "available": 3, "on_hand": 5, "held": 2 })
    );
    let nothing = format!("/v1/stock/{}", variant(9));
    let seen = app.doors.call(&customer(), Method::GET, &nothing, Value::Null).await.expect(StatusCode::OK);
    assert_eq!(seen["available"], 0);
    app.doors
        .call(&customer(), Method::GET, "/v1/stock/var_1", Value::Null)
        .await
        .expect(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn staff_adjust_and_customers_do_not() {
    let app = TestApp::start().await;
    let path = "/v1/stock/adjustments";
    let body = json!({ "cause": "delivery:1", "adjustments": [{ "variant_id": variant(1).to_string(), "delta": 4 }] });
    let refused = app.doors.call(&customer(), Method::POST, path, body.clone()).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "core.forbidden"));
    for _ in 0..2 {
        let done = app.doors.call(&staff(), Method::POST, path, body.clone()).await.expect(StatusCode::OK);
        assert_eq!(done["levels"][0]["on_hand"], 4);
    }
    let mut short = body.clone();
    short["cause"] = "count:1".into();
    short["adjustments"][0]["delta"] = (-5).into();
    let refused = app.doors.call(&staff(), Method::POST, path, short).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "inventory.out_of_stock"));
    assert_eq!(refused.fields(), ["adjustments/0/delta"]);
    for absurd in [json!({}), json!({ "cause": "x", "adjustments": [{ "variant_id": "var_1", "delta": 1 }] })]
    {
        let refused = app.doors.call(&staff(), Method::POST, path, absurd).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}
