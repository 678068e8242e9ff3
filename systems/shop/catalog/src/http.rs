//! What outsiders call. Every route of the catalogue stands here; handlers extract, call an action and answer.

mod attributes;
mod categories;
mod products;
mod view;

use axum::Router;
use axum::routing::{get, put};
use mainstay_http::{Policies, Policy};

use crate::actions::Catalog;

/// The routes over the actions.
pub fn routes(catalog: Catalog) -> Router {
    Router::new()
        .route("/v1/products", get(products::list))
        .route("/v1/products/by-slug/{slug}", get(products::show_by_slug))
        .route("/v1/products/{product}", get(products::show).put(products::put))
        .route("/v1/products/{product}/variants", get(products::variants))
        .route("/v1/categories", get(categories::list))
        .route(
            "/v1/categories/{category}",
            get(categories::show).put(categories::put).delete(categories::remove),
        )
        .route("/v1/attributes", get(attributes::list))
        .route("/v1/attributes/{code}", put(attributes::put))
        .with_state(catalog)
}

/// What is particular to them. What a reader sees depends on who it is, so it is kept by the reader alone, who asks each
/// time whether it is still so.
pub fn policies() -> Policies {
    let kept = || Policy::new().revalidated();
    Policies::new()
        .route("GET /v1/products", kept())
        .route("GET /v1/products/{product}", kept())
        .route("GET /v1/categories", kept())
        .route("GET /v1/categories/{category}", kept())
}
