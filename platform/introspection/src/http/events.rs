//! `/v1/events`: consumers, their lag, and what they could not handle.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::Id;
use mainstay_events::EventKind;
use mainstay_events::dead_letters::{self, ParkedKey};
use mainstay_http::{Body, Ctx, Path, Problem, Query};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{ROWS_MAX, Rows, decided};
use crate::rows::{self, ConsumerLine};
use crate::subject::Introspection;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    service: Option<String>,
}

pub(super) async fn consumers(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Query(asked): Query<Which>,
) -> Result<Json<Rows<ConsumerLine>>, Problem> {
    let mut newest = BTreeMap::new();
    for subject in &of.parts().subjects {
        if let Some(outbox) = &subject.outbox {
            newest.insert(subject.name.to_owned(), outbox.newest().await?.0);
        }
    }
    let mut lines = Vec::new();
    for subject in of.subjects(asked.service.as_deref())? {
        if let Some(database) = &subject.database {
            lines.extend(rows::consumers(&ctx, subject.name, database, &newest).await?);
        }
    }
    Ok(Json(Rows { rows: lines }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(default)]
    dead: bool,
    #[serde(default)]
    after: String,
}

pub(super) async fn keys(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, consumer)): Path<(String, String)>,
    Query(Page { dead, after }): Query<Page>,
) -> Result<Json<Rows<ParkedKey>>, Problem> {
    let (_, database) = of.database(&service)?;
    let rows = database
        .read(&ctx, move |view| {
            let mut keys = dead_letters::dead(view, &consumer, &after, ROWS_MAX)?;
            if !dead {
                keys.extend(dead_letters::parked(view, &consumer, &after, ROWS_MAX)?);
            }
            Ok(keys)
        })
        .await?;
    Ok(Json(Rows { rows }))
}

/// As CloudEvents without their data: what an event says is its service's to show.
pub(super) async fn messages(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, consumer, key)): Path<(String, String, String)>,
) -> Result<Json<Rows<Value>>, Problem> {
    let (_, database) = of.database(&service)?;
    let read = move |view: &mainstay_sql::View<'_>| dead_letters::messages(view, &consumer, &key, ROWS_MAX);
    let messages = database.read(&ctx, read).await?;
    let shown = messages.iter().map(|message| {
        let mut event = message.to_cloudevent();
        if let Some(fields) = event.as_object_mut() {
            fields.remove("data_base64");
            fields.insert("bytes".to_owned(), message.data.len().into());
        }
        event
    });
    Ok(Json(Rows { rows: shown.collect() }))
}

pub(super) async fn replay(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, consumer, key)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let (name, database) = of.database(&service)?;
    let on = format!("{consumer} {key}");
    database.write(&ctx, move |tx| dead_letters::replay(tx, &consumer, &key)).await?;
    decided(&ctx, "a key is tried again", name, &on);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Skip {
    /// The first message of the key, so that nobody skips what he has not seen.
    message: Id<EventKind>,
}

pub(super) async fn skip(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, consumer, key)): Path<(String, String, String)>,
    Body(Skip { message }): Body<Skip>,
) -> Result<Json<Value>, Problem> {
    let (name, database) = of.database(&service)?;
    let on = format!("{consumer} {key} {message}");
    let skipped = database.write(&ctx, move |tx| dead_letters::skip(tx, &consumer, &key, message)).await?;
    decided(&ctx, "a message was given up", name, &on);
    // What was given up is answered whole, so that it can be kept.
    Ok(Json(skipped.to_cloudevent()))
}
