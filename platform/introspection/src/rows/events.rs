//! Consumers, how far they are behind, and how much of theirs waits.

use std::collections::BTreeMap;

use mainstay_core::{Context, Result};
use mainstay_events::dead_letters;
use mainstay_sql::Database;
use serde::Serialize;

/// One consumer group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsumerLine {
    pub service: &'static str,
    pub consumer: String,
    pub source: String,
    pub topic: String,
    pub position: i64,
    /// Events of the source that it has not passed yet; absent when the source's log is not here.
    pub lag: Option<i64>,
    /// Messages that wait behind a failed one.
    pub waiting: u64,
}

/// The consumers of a database. `newest` has the ends of the logs that are at hand, by their service.
pub async fn consumers(
    ctx: &Context,
    service: &'static str,
    database: &Database,
    newest: &BTreeMap<String, i64>,
) -> Result<Vec<ConsumerLine>> {
    let rows = database.read(ctx, dead_letters::consumers).await?;
    Ok(rows
        .into_iter()
        .map(|row| ConsumerLine {
            service,
            lag: newest.get(&row.source).map(|newest| (newest - row.position.0).max(0)),
            consumer: row.name,
            source: row.source,
            topic: row.topic,
            position: row.position.0,
            waiting: row.parked,
        })
        .collect())
}
