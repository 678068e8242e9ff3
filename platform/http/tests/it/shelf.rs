//! Routes with rules of their own.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Html;
use axum::routing::post;
use axum::{Json, response::Response};
use futures::stream;
use http::StatusCode;
use mainstay_blobs::Store;
use mainstay_core::{Timestamp, codes};
use mainstay_http::{
    Assets, Condition, Ctx, ETag, FileUpload, Labelled, Links, Path, Policies, Policy, Problem, Ranged,
    Routes,
};
use mainstay_resilience::Rate;
use serde_json::json;

use crate::site::any;

pub const SCRIPT: &str =
    "console.log('a teapot is a teapot is a teapot is a teapot is a teapot is a teapot');";

/// The largest object that is taken.
pub const OBJECT_MAX: u64 = 200_000_000;

pub fn routes(objects: Store) -> Labelled {
    let objects = Routes::new("Objects", "What lies there.")
        .get("/v1/objects/{name}", object, any())
        .put("/v1/objects/{name}", put_object, any())
        .with_state(objects);
    let described = Routes::new("Goods", "What has rules.")
        .get("/v1/products/{id}", || async { Json(json!({ "name": "teapot" })) }, any())
        .get("/v1/linked", || async { Json(json!({ "_links": Links::itself("/v1/linked") })) }, any())
        .get("/v1/links-within", || async { Json(json!({ "items": [{ "_links": {} }] })) }, any())
        .get("/v1/mine", || async { Json(json!({ "secret": "teapot" })) }, any())
        .get("/v1/page", || async { Html("<p>teapot</p>".repeat(1_000)) }, any())
        .get("/v1/picture", || async { ([("content-type", "image/png")], "x".repeat(5_000)) }, any())
        .get("/v1/pieces", pieces, any())
        .post("/v1/guess", || async { "wrong" }, any())
        .get("/v1/versioned", versioned, any())
        .put("/v1/versioned", change, any())
        .get("/v1/old", || async { Json(json!({})) }, any())
        .merge(objects);
    let others = Router::new()
        .route("/v1/upload", post(|body: Bytes| async move { body.len().to_string() }))
        .merge(Assets::new().file("/assets/app.0123abcd.js", "text/javascript", SCRIPT).into_router());
    described.into_parts().0.merge(others.into())
}

pub fn policies() -> Policies {
    let minute = Duration::from_secs(60);
    Policies::new()
        .route("GET /v1/products/{id}", Policy::new().public(minute).surrogate_keys(&["products", "shop"]))
        .route("GET /v1/mine", Policy::new().revalidated())
        .route("GET /v1/page", Policy::new().csp("default-src 'self'; frame-ancestors 'none'"))
        .route("POST /v1/upload", Policy::new().body_limit(4_000_000).time_limit(minute * 5))
        .route("GET /v1/objects/{name}", Policy::new().immutable())
        .route("PUT /v1/objects/{name}", Policy::new().body_limit(OBJECT_MAX).time_limit(minute))
        .route("POST /v1/guess", Policy::new().rate(Rate::per_minute(3)))
        .route(
            "GET /v1/old",
            Policy::new().deprecated(
                Timestamp::from_micros(1_688_169_599_000_000),
                Some(Timestamp::from_micros(1_900_000_000_000_000)),
                Some("https://shop.example/changes"),
            ),
        )
}

/// A body that comes in pieces, whose length nobody knows.
async fn pieces() -> Response {
    let pieces = (0..200)
        .map(|number| Ok::<_, std::io::Error>(Bytes::from(format!("piece {number} of many\n").repeat(40))));
    let mut response = Response::new(Body::from_stream(stream::iter(pieces)));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("text/plain"));
    response
}

async fn put_object(
    State(objects): State<Store>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    FileUpload(upload): FileUpload,
) -> Result<(StatusCode, String), Problem> {
    let expected = upload.expected(OBJECT_MAX);
    let stored = objects.put(&ctx, &name.parse()?, upload.bytes, expected).await?;
    Ok((StatusCode::CREATED, stored.digest.to_string()))
}

async fn object(
    State(objects): State<Store>,
    Ctx(ctx): Ctx,
    Path(name): Path<String>,
    ranged: Ranged,
) -> Result<Response, Problem> {
    let found = ranged.answer(&ctx, &objects, &name.parse()?, "application/octet-stream").await?;
    Ok(found.ok_or_else(|| codes::NOT_FOUND.error("there is no such object"))?)
}

async fn versioned() -> (ETag, Json<serde_json::Value>) {
    (ETag::strong("3"), Json(json!({ "text": "a teapot ".repeat(500) })))
}

async fn change(condition: Condition) -> Result<(ETag, &'static str), Problem> {
    condition.check(Some(3))?;
    Ok((ETag::strong("4"), "changed"))
}
