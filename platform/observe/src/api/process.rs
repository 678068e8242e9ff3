//! The process itself: its tasks, pools and memory, workers that were held, slow statements, and profiles.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use mainstay_core::{BlockingPool, Clock, CpuPool, PoolStats, Result, Tasks};
use mainstay_http::{Problem, Query};
use mainstay_profile::watch::Holds;
use mainstay_profile::{Form, Hold, Profile, cpu};
use mainstay_sql::Database;
use mainstay_telemetry::Heap;
use serde::{Deserialize, Serialize};

/// What is looked at.
#[derive(Clone)]
pub struct Process {
    pub clock: Clock,
    pub tasks: Tasks,
    pub cpu: CpuPool,
    pub blocking: BlockingPool,
    /// The allocator, where it can be looked into.
    pub heap: Option<Arc<dyn Heap>>,
    pub holds: Holds,
    pub databases: Vec<Database>,
}

/// The routes, for the listener of operators.
pub fn routes(process: Process) -> Router {
    Router::new()
        .route("/v1/process", get(process_now))
        .route("/v1/queries", get(queries))
        .route("/v1/profiles/cpu", get(cpu_profile))
        .route("/v1/profiles/heap", get(heap_profile))
        .with_state(process)
}

#[derive(Serialize)]
struct Now {
    tasks: Vec<Task>,
    cpu_pool: Pool,
    blocking_pool: Pool,
    memory: Option<Memory>,
    /// Workers that were held for too long, the latest first.
    holds: Vec<Hold>,
}

#[derive(Serialize)]
struct Task {
    name: &'static str,
    started: u64,
    running: u64,
    panicked: u64,
}

#[derive(Serialize)]
struct Pool {
    depth: usize,
    done: u64,
    rejected: u64,
    waited_ms: u64,
}

impl Pool {
    fn of(stats: PoolStats) -> Self {
        Self {
            depth: stats.depth,
            done: stats.done,
            rejected: stats.rejected,
            waited_ms: u64::try_from(stats.waited.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

#[derive(Serialize)]
struct Memory {
    allocated_bytes: u64,
    active_bytes: u64,
    mapped_bytes: u64,
}

async fn process_now(State(process): State<Process>) -> Json<Now> {
    let tasks = process.tasks.counts().into_iter().map(|(name, counts)| Task {
        name,
        started: counts.started,
        running: counts.running,
        panicked: counts.panicked,
    });
    let memory = process.heap.as_ref().and_then(|heap| heap.figures()).map(|figures| Memory {
        allocated_bytes: figures.allocated_bytes,
        active_bytes: figures.active_bytes,
        mapped_bytes: figures.mapped_bytes,
    });
    Json(Now {
        tasks: tasks.collect(),
        cpu_pool: Pool::of(process.cpu.stats()),
        blocking_pool: Pool::of(process.blocking.stats()),
        memory,
        holds: process.holds.latest(),
    })
}

#[derive(Serialize)]
struct Statements {
    database: String,
    slow: Vec<Slow>,
    repeated: Vec<Repeated>,
}

#[derive(Serialize)]
struct Slow {
    at: mainstay_core::Timestamp,
    took_us: u64,
    sql: String,
    plan: String,
    trace: String,
}

#[derive(Serialize)]
struct Repeated {
    times: u32,
    sql: String,
    trace: String,
}

async fn queries(State(process): State<Process>) -> Json<Vec<Statements>> {
    let of = |database: &Database| Statements {
        database: database.name().to_owned(),
        slow: database
            .insight()
            .slow()
            .into_iter()
            .rev()
            .map(|query| Slow {
                at: query.at,
                took_us: u64::try_from(query.took.as_micros()).unwrap_or(u64::MAX),
                sql: query.sql,
                plan: query.plan,
                trace: format!("{:032x}", query.trace_id),
            })
            .collect(),
        repeated: database
            .insight()
            .repeated()
            .into_iter()
            .rev()
            .map(|query| Repeated {
                times: query.times,
                sql: query.sql,
                trace: format!("{:032x}", query.trace_id),
            })
            .collect(),
    };
    Json(process.databases.iter().map(of).collect())
}

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// How long a processor profile watches.
    seconds: u64,
    #[schemars(with = "String")]
    form: Form,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { seconds: 10, form: Form::default() }
    }
}

async fn cpu_profile(
    State(process): State<Process>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let length = Duration::from_secs(wanted.seconds.max(1));
    let profile = cpu::profile(length, &process.clock).await?;
    let title = format!("Processor time over {} s", length.min(cpu::LONGEST).as_secs());
    written(&process, profile, wanted.form, title).await
}

async fn heap_profile(
    State(process): State<Process>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let heap = process.heap.clone().ok_or_else(|| {
        mainstay_profile::codes::UNAVAILABLE.error("this process has an allocator that keeps no profile")
    })?;
    let stacks = process.cpu.run(move || heap.stacks()).await??;
    written(&process, Profile::heap(stacks), wanted.form, "Memory that is held".to_owned()).await
}

/// Names are looked up and boxes drawn by the pool that computes, not by a worker.
async fn written(
    process: &Process,
    profile: Profile,
    form: Form,
    title: String,
) -> Result<Response, Problem> {
    let body = process.cpu.run(move || profile.write(form, &title)).await?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(form.media_type()));
    match form {
        // A picture has its own style within it, and nothing else.
        Form::Svg => {
            let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        Form::Pprof => {
            let name = HeaderValue::from_static("attachment; filename=\"profile.pb.gz\"");
            headers.insert(CONTENT_DISPOSITION, name);
        }
        Form::Folded => {}
    }
    Ok(response)
}
