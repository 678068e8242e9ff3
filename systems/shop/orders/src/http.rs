//! What outsiders call.

mod checkouts;
mod orders;
mod refunds;
mod reports;

use axum::Router;
use axum::routing::{get, post};

use crate::Orders;

/// Every route of the service.
pub fn router(service: Orders) -> Router {
    Router::new()
        .route("/v1/checkouts", post(checkouts::create))
        .route("/v1/checkouts/{id}", get(checkouts::show))
        .route("/v1/orders", get(orders::list))
        .route("/v1/orders/{id}", get(orders::show))
        .route("/v1/orders/{id}/cancel", post(refunds::cancel))
        .route("/v1/orders/{id}/refunds", post(refunds::create))
        .route("/v1/reports/sales", get(reports::sales))
        .with_state(service)
}
