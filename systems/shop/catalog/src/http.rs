//! What outsiders call: a file a resource; handlers extract, call an action and answer.

mod attributes;
mod cached;
mod categories;
mod picture_uploads;
mod pictures;
mod products;
mod search;
mod view;

use std::sync::Arc;

use mainstay_http::{Policies, Policy, Routes};

use crate::actions::Catalog;
pub use cached::touched;

/// Every route, each described in its file.
pub fn routes() -> Routes<Arc<Catalog>> {
    products::routes()
        .merge(pictures::routes())
        .merge(picture_uploads::routes())
        .merge(categories::routes())
        .merge(attributes::routes())
        .merge(search::routes())
}

/// What is particular to them. What a reader sees depends on who it is, so it is kept by the reader alone, who asks each
/// time whether it is still so.
pub fn policies() -> Policies {
    let kept = || Policy::new().revalidated();
    Policies::new()
        .route("GET /v1/products", kept())
        .route("GET /v1/products/{product}", kept())
        .route("POST /v1/products/{product}/pictures", pictures::policy_of_uploads())
        .route("PATCH /v1/picture-uploads/{upload}", pictures::policy_of_uploads())
        .route("GET /v1/pictures/{picture}/{size}", Policy::new().immutable().surrogate_keys(&["pictures"]))
        .route("GET /v1/categories", kept())
        .route("GET /v1/categories/{category}", kept())
}
