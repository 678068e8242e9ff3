//! The routes of the operators' listener. Lists are bounded and say how to go on; who decides something is logged.

mod events;
mod jobs;
mod process;
mod sagas;

use axum::Router;
use axum::routing::{get, post};
use mainstay_core::Context;
use serde::Serialize;

use crate::subject::Introspection;

/// Rows of one answer; more are reached with `after` or `before`.
const ROWS_MAX: u32 = 200;

/// Everything that can be asked and decided. Mount it on the operators' listener only.
pub fn routes(of: Introspection) -> Router {
    Router::new()
        .route("/v1/sagas", get(sagas::list))
        .route("/v1/sagas/{service}/{run}", get(sagas::inspect))
        .route("/v1/sagas/{service}/{run}/resume", post(sagas::resume))
        .route("/v1/events", get(events::consumers))
        .route("/v1/events/{service}/{consumer}/keys", get(events::keys))
        .route("/v1/events/{service}/{consumer}/keys/{key}", get(events::messages))
        .route("/v1/events/{service}/{consumer}/keys/{key}/replay", post(events::replay))
        .route("/v1/events/{service}/{consumer}/keys/{key}/skip", post(events::skip))
        .route("/v1/jobs", get(jobs::counts))
        .route("/v1/jobs/{service}", get(jobs::list))
        .route("/v1/jobs/{service}/{job}/retry", post(jobs::retry))
        .route("/v1/jobs/{service}/{job}/discard", post(jobs::discard))
        .route("/v1/schedules", get(jobs::schedules))
        .route("/v1/leases", get(process::leases))
        .route("/v1/limits", get(process::limits))
        .route("/v1/configuration", get(process::configuration))
        .route("/v1/services", get(process::services))
        .route("/v1/statements", get(process::statements))
        .with_state(of)
}

/// What every list answers.
#[derive(Serialize)]
struct Rows<T> {
    rows: Vec<T>,
}

/// A row with the service that it is of.
#[derive(Serialize)]
struct Of<T> {
    service: &'static str,
    #[serde(flatten)]
    row: T,
}

/// Says who decided what: the record of what operators did by hand.
fn decided(ctx: &Context, what: &'static str, service: &str, on: &str) {
    tracing::info!(
        target: "mainstay_introspection::decisions",
        by = %ctx.principal(),
        service,
        on,
        trace = format_args!("{:032x}", ctx.trace().trace_id),
        "{what}"
    );
}
