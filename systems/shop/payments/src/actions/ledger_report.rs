//! The books, for staff.

use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_core::{Context, Result};
use shop_access_contracts::REPORTS_LEDGER;

use crate::app::App;
use crate::model::ledger::{Balance, balanced};
use crate::store::ledger::{self, PostedEntry};

/// The most entries in one page.
pub const MAX_PAGE: u32 = 200;

/// Each account by currency, whether they add up, and the newest entries.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "Ledger")]
pub struct Report {
    pub balanced: bool,
    pub balances: Vec<Balance>,
    pub entries: Vec<PostedEntry>,
    /// Ask for the page before this number; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}

/// Reports the books as they are at one instant. Errors: `core.forbidden` unless staff asks.
pub async fn ledger_report(app: &Arc<App>, ctx: &Context, before: Option<i64>, limit: u32) -> Result<Report> {
    app.access.require(ctx, REPORTS_LEDGER, Relation::Other)?;
    let limit = limit.clamp(1, MAX_PAGE);
    app.db
        .read(ctx, move |view| {
            let balances = ledger::balances(view)?;
            let entries = ledger::entries(view, before.unwrap_or(i64::MAX), limit)?;
            let full = u32::try_from(entries.len()).is_ok_and(|count| count == limit);
            let before = entries.last().filter(|_| full).map(|entry| entry.number);
            Ok(Report { balanced: balanced(&balances), balances, entries, before })
        })
        .await
}
