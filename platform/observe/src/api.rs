//! What operators ask over HTTP: searches, one trace, metric series, and a live tail.
//!
//! | address | answers |
//! |---|---|
//! | `GET /v1/traces` | traces that fit the query, the latest first |
//! | `GET /v1/traces/{id}` | one as a tree, with what was logged meanwhile |
//! | `GET /v1/traces/tail` | those that come in, as server-sent events |
//! | `GET /v1/logs`, `GET /v1/logs/tail` | the same for log lines |
//! | `GET /v1/metrics` | the names of all metrics |
//! | `GET /v1/metrics/series` | points of the series of one metric |
//! | `GET /v1/process` | tasks, pools, memory, and workers that were held |
//! | `GET /v1/queries` | slow and repeated statements of each database, with plans |
//! | `GET /v1/profiles/cpu`, `GET /v1/profiles/heap` | a profile of the live process |

mod process;
mod tail;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use mainstay_http::{Ctx, Path, Problem, Query};
use std::collections::BTreeMap;

use crate::store::{LineQuery, Series, SeriesQuery, Store, StoredLine, Trace, TraceQuery, TraceSummary};
pub use process::{Process, routes as process_routes};
use tail::Tails;

/// The routes, for the listener of operators.
pub fn routes(store: &Store) -> Router {
    Router::new()
        .route("/v1/traces", get(traces))
        .route("/v1/traces/tail", get(tail_traces))
        .route("/v1/traces/{id}", get(trace))
        .route("/v1/logs", get(logs))
        .route("/v1/logs/tail", get(tail_logs))
        .route("/v1/metrics", get(metrics))
        .route("/v1/metrics/series", get(series))
        .with_state(Api { store: store.clone(), tails: Tails::default() })
}

#[derive(Clone)]
struct Api {
    store: Store,
    tails: Tails,
}

async fn traces(
    State(api): State<Api>,
    Ctx(ctx): Ctx,
    Query(query): Query<TraceQuery>,
) -> Result<Json<Vec<TraceSummary>>, Problem> {
    Ok(Json(api.store.traces(&ctx, query).await?))
}

async fn trace(
    State(api): State<Api>,
    Ctx(ctx): Ctx,
    Path(id): Path<String>,
) -> Result<Json<Trace>, Problem> {
    Ok(Json(api.store.trace(&ctx, &id).await?))
}

async fn logs(
    State(api): State<Api>,
    Ctx(ctx): Ctx,
    Query(query): Query<LineQuery>,
) -> Result<Json<Vec<StoredLine>>, Problem> {
    Ok(Json(api.store.lines(&ctx, query).await?))
}

async fn tail_traces(
    State(api): State<Api>,
    Query(query): Query<TraceQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(api.tails.traces(api.store, query, &headers)?)
}

async fn tail_logs(
    State(api): State<Api>,
    Query(query): Query<LineQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(api.tails.lines(api.store, query, &headers)?)
}

async fn metrics(State(api): State<Api>, Ctx(ctx): Ctx) -> Result<Json<BTreeMap<String, i64>>, Problem> {
    Ok(Json(api.store.metric_names(&ctx).await?))
}

async fn series(
    State(api): State<Api>,
    Ctx(ctx): Ctx,
    Query(query): Query<SeriesQuery>,
) -> Result<Json<Vec<Series>>, Problem> {
    Ok(Json(api.store.series(&ctx, query).await?))
}
