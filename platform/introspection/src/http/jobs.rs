//! `/v1/jobs` and `/v1/schedules`: durable background work.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::Id;
use mainstay_http::{Ctx, Path, Problem, Query};
use mainstay_jobs::JobKind;
use mainstay_jobs::inspect::{self, JobCount, JobRow, JobState, ScheduleRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Of, ROWS_MAX, Rows, decided};
use crate::subject::Introspection;

pub(super) async fn counts(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
) -> Result<Json<Rows<Of<JobCount>>>, Problem> {
    let mut rows = Vec::new();
    for subject in of.subjects(None)? {
        if let Some(database) = &subject.database {
            let counts = database.read(&ctx, inspect::counts).await?;
            rows.extend(counts.into_iter().map(|row| Of { service: subject.name, row }));
        }
    }
    Ok(Json(Rows { rows }))
}

pub(super) async fn schedules(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
) -> Result<Json<Rows<Of<ScheduleRow>>>, Problem> {
    let mut rows = Vec::new();
    for subject in of.subjects(None)? {
        if let Some(database) = &subject.database {
            let schedules = database.read(&ctx, inspect::schedules).await?;
            rows.extend(schedules.into_iter().map(|row| Of { service: subject.name, row }));
        }
    }
    Ok(Json(Rows { rows }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    #[serde(default)]
    state: Wanted,
    after: Option<Id<JobKind>>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    Queued,
    Running,
    Done,
    #[default]
    Dead,
}

/// A job without its payload, which may hold what a buyer wrote, and without the private causes of its failure.
#[derive(Serialize)]
pub(super) struct JobLine {
    job: Id<JobKind>,
    kind: String,
    state: JobState,
    attempts: u32,
    due: mainstay_core::Timestamp,
    enqueued: mainstay_core::Timestamp,
    ended: Option<mainstay_core::Timestamp>,
    code: Option<String>,
    payload_bytes: usize,
}

impl From<JobRow> for JobLine {
    fn from(row: JobRow) -> Self {
        Self {
            job: row.id,
            kind: row.kind,
            state: row.state,
            attempts: row.attempts,
            due: row.due_at,
            enqueued: row.enqueued_at,
            ended: row.ended_at,
            code: row.code,
            payload_bytes: row.payload.len(),
        }
    }
}

pub(super) async fn list(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path(service): Path<String>,
    Query(Page { state, after }): Query<Page>,
) -> Result<Json<Rows<JobLine>>, Problem> {
    let (_, database) = of.database(&service)?;
    let state = match state {
        Wanted::Queued => JobState::Queued,
        Wanted::Running => JobState::Running,
        Wanted::Done => JobState::Done,
        Wanted::Dead => JobState::Dead,
    };
    let jobs = database.read(&ctx, move |view| inspect::list(view, state, after, ROWS_MAX)).await?;
    Ok(Json(Rows { rows: jobs.into_iter().map(JobLine::from).collect() }))
}

pub(super) async fn retry(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, job)): Path<(String, Id<JobKind>)>,
) -> Result<StatusCode, Problem> {
    let (name, database) = of.database(&service)?;
    database.write(&ctx, move |tx| inspect::retry(tx, job)).await?;
    decided(&ctx, "a dead job is queued again", name, &job.to_string());
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn discard(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, job)): Path<(String, Id<JobKind>)>,
) -> Result<Json<JobLine>, Problem> {
    let (name, database) = of.database(&service)?;
    let row = database.write(&ctx, move |tx| inspect::discard(tx, job)).await?;
    decided(&ctx, "a dead job was deleted", name, &job.to_string());
    Ok(Json(row.into()))
}
