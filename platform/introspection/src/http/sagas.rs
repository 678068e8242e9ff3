//! `/v1/sagas`: runs that span services.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::{Id, codes};
use mainstay_http::{Ctx, Path, Problem, Query};
use mainstay_workflow::codes::UNKNOWN_RUN;
use mainstay_workflow::{Filter, RunKind, Sagas};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ROWS_MAX, Rows, decided};
use crate::rows::{SagaLine, StepLine, saga_line, saga_steps};
use crate::subject::Introspection;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    service: Option<String>,
    #[serde(default)]
    state: Wanted,
    before: Option<Id<RunKind>>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    #[default]
    Open,
    Parked,
    All,
}

pub(super) async fn list(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Query(asked): Query<List>,
) -> Result<Json<Rows<SagaLine>>, Problem> {
    let filter = match asked.state {
        Wanted::Open => Filter::Open,
        Wanted::Parked => Filter::Parked,
        Wanted::All => Filter::All,
    };
    let mut rows = Vec::new();
    for subject in of.subjects(asked.service.as_deref())? {
        let (Some(database), Some(sagas)) = (&subject.database, subject.sagas.clone()) else { continue };
        let before = asked.before;
        let runs = database.read(&ctx, move |view| sagas.list(view, filter, before, ROWS_MAX)).await?;
        rows.extend(runs.into_iter().map(|run| saga_line(subject.name, run)));
    }
    Ok(Json(Rows { rows }))
}

#[derive(Serialize)]
pub(super) struct Inspected {
    #[serde(flatten)]
    run: SagaLine,
    steps: Vec<StepLine>,
}

pub(super) async fn inspect(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, run)): Path<(String, Id<RunKind>)>,
) -> Result<Json<Inspected>, Problem> {
    let (name, database) = of.database(&service)?;
    let sagas = sagas(&of, &service)?;
    let read = move |view: &mainstay_sql::View<'_>| Ok((sagas.status(view, run)?, sagas.journal(view, run)?));
    let (status, journal) = database.read(&ctx, read).await?;
    let status = status.ok_or_else(|| UNKNOWN_RUN.error(format!("there is no run {run}")))?;
    Ok(Json(Inspected { run: saga_line(name, status), steps: saga_steps(journal) }))
}

pub(super) async fn resume(
    State(of): State<Introspection>,
    Ctx(ctx): Ctx,
    Path((service, run)): Path<(String, Id<RunKind>)>,
) -> Result<StatusCode, Problem> {
    let (name, database) = of.database(&service)?;
    let sagas = sagas(&of, &service)?;
    database.write(&ctx, move |tx| sagas.resume(tx, run)).await?;
    decided(&ctx, "a parked saga was resumed", name, &run.to_string());
    Ok(StatusCode::NO_CONTENT)
}

fn sagas(of: &Introspection, service: &str) -> mainstay_core::Result<Sagas> {
    let sagas = of.subjects(Some(service))?.first().and_then(|subject| subject.sagas.clone());
    sagas.ok_or_else(|| codes::NOT_FOUND.error(format!("{service} has no sagas")))
}
