//! What outsiders call: the provider its webhook, staff the ledger report.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use mainstay_http::{Ctx, Problem, Query, Routes, operation};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::actions::{self, Report};
use crate::app::App;
use crate::codes;
use crate::webhook;

/// Numbers of entries are exact in every language: JavaScript's are up to here.
const ENTRY_MAX: i64 = 9_007_199_254_740_991;

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Payments", "The books, and what the provider tells.")
        .post(
            "/v1/payments/webhooks/test",
            receive_webhook,
            operation("receiveTestWebhook", "Take in what the provider tells")
                .text("Signed by the provider in the header `provider-signature`; all but 204 is sent again by it.")
                .signed()
                .returns_nothing(204, "it is stored")
                .problems(&[&codes::SIGNATURE, &codes::WEBHOOK, &codes::MISMATCH, &codes::KEPT_FULL]),
        )
        .get(
            "/v1/reports/ledger",
            ledger_report,
            operation("getLedger", "Report the books")
                .staff()
                .returns::<Report>(200, "the balance of each account, and the newest entries"),
        )
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Page {
    /// The `before` of the page before.
    #[schemars(range(min = 0, max = ENTRY_MAX))]
    before: Option<i64>,
    /// Entries a page.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = actions::MAX_PAGE))]
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
