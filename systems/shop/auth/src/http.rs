//! What people call: registering, logging in and out, the address book.

mod accounts;
mod addresses;
mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::app::App;

pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/accounts", post(accounts::register))
        .route("/v1/sessions", post(sessions::log_in))
        .route("/v1/sessions/current", delete(sessions::log_out))
        .route("/v1/addresses", get(addresses::list).post(addresses::add))
        .route("/v1/addresses/{id}", delete(addresses::delete))
        .with_state(app)
}
