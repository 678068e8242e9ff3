//! What outsiders call: the provider its webhook, staff the ledger report.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use mainstay_http::{Ctx, Problem, Query};
use serde::Deserialize;

use crate::actions::{self, Report};
use crate::app::App;
use crate::webhook;

pub fn routes(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/payments/webhooks/test", post(receive_webhook))
        .route("/v1/reports/ledger", get(ledger_report))
        .with_state(app)
}

async fn receive_webhook(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let signature = headers.get(webhook::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    actions::receive_webhook(&app, &ctx, signature, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    before: Option<i64>,
    #[serde(default = "default_limit")]
    limit: u32,
}

fn default_limit() -> u32 {
    50
}

async fn ledger_report(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Query(page): Query<Page>,
) -> Result<Json<Report>, Problem> {
    Ok(Json(actions::ledger_report(&app, &ctx, page.before, page.limit).await?))
}
