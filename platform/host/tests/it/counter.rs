//! Two services for these tests. The counter keeps a number, adds one to it in the background under its lease, and can
//! be slow; the asker answers with the counter's outbox through the network.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use mainstay_cache::CacheStore;
use mainstay_core::{BlockingPool, Clock, Configuration, Context, Result};
use mainstay_engine_local::{Mailbox, MemoryCache};
use mainstay_engine_sqlite::Sqlite;
use mainstay_events::{EventSource, Position};
use mainstay_host::{
    CacheEngine, Contract, Engines, Host, Loops, Mounted, Needs, NotifierEngine, Scope, Service,
};
use mainstay_http::{Ctx, Problem, Routes, operation};
use mainstay_notify::{Address, Notifier};
use mainstay_sql::{Database, Migration, MigrationSet};
use serde::{Deserialize, Serialize};

const MIGRATIONS: MigrationSet = MigrationSet {
    module: "test.counter",
    migrations: &[Migration {
        version: 1,
        name: "numbers",
        up: "CREATE TABLE numbers (fence INTEGER NOT NULL, counted INTEGER NOT NULL) STRICT",
        down: "DROP TABLE numbers",
    }],
};

pub struct Counter;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CounterConfig {
    /// How slow `/slow` is.
    pub slow_ms: u64,
    /// Whether the loop ignores the shutdown.
    pub stubborn: bool,
}

impl Default for CounterConfig {
    fn default() -> Self {
        Self { slow_ms: 300, stubborn: false }
    }
}

pub struct CounterNeeds {
    db: Database,
    loops: Loops,
}

impl Needs for CounterNeeds {
    fn gather(scope: &Scope) -> Result<Self> {
        scope.outbox()?;
        Ok(Self { db: scope.database(&[MIGRATIONS])?, loops: scope.loops()? })
    }
}

#[derive(Clone)]
struct CounterState {
    db: Database,
    slow: Duration,
}

impl Service for Counter {
    const NAME: &'static str = "test.counter";
    type Config = CounterConfig;
    type Needs = CounterNeeds;

    fn start(needs: CounterNeeds, config: CounterConfig, clock: Clock) -> Result<Mounted> {
        let db = needs.db.clone();
        needs.loops.add("test.count", move |leadership, shutdown| async move {
            let ctx = Context::background("test.counter");
            while config.stubborn || !shutdown.is_requested() {
                let lease = tokio::select! {
                    () = shutdown.requested(), if !config.stubborn => return,
                    lease = leadership.wait() => lease,
                };
                let fence = lease.fence();
                let counted = db.write_as(&ctx, &lease, move |tx| {
                    tx.execute("INSERT INTO numbers (fence, counted) VALUES (?1, 1)", &[fence.into()])
                });
                // A lease that is lost is looked for again.
                let _ = counted.await;
                clock.sleep(Duration::from_millis(20)).await;
            }
        });
        let state = CounterState { db: needs.db, slow: Duration::from_millis(config.slow_ms) };
        let counted = |Ctx(ctx): Ctx| async move { format!("by {}", ctx.principal()) };
        let operators = Router::new().route("/v1/counted", get(counted));
        Ok(Mounted::new().http(counting().with_state(state)).operators(operators))
    }

    fn contract() -> Contract {
        Contract::new().http(&counting())
    }
}

fn counting() -> Routes<CounterState> {
    Routes::new("Counter", "A number.")
        .get("/v1/slow", slow, operation("slow", "Take a while").returns_nothing(200, "done"))
        .get("/v1/fences", fences, operation("fences", "List fences").returns_nothing(200, "fences"))
}

async fn slow(State(state): State<CounterState>) -> &'static str {
    Clock::system().sleep(state.slow).await;
    "done"
}

async fn fences(State(state): State<CounterState>) -> Result<String, Problem> {
    Ok(fences_in(&state.db).await?.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

/// The fencing numbers under which was counted, in order.
pub async fn fences_in(db: &Database) -> Result<Vec<i64>> {
    db.read(&Context::background("test"), |view| {
        view.query("SELECT DISTINCT fence FROM numbers ORDER BY fence", &[], |row| row.get(0))
    })
    .await
}

/// A service that only needs the counter's events.
pub struct Asker;

pub struct AskerNeeds {
    events: Arc<dyn EventSource>,
}

impl Needs for AskerNeeds {
    fn gather(scope: &Scope) -> Result<Self> {
        scope.database(&[])?;
        Ok(Self { events: scope.event_source(Counter::NAME)? })
    }
}

impl Service for Asker {
    const NAME: &'static str = "test.asker";
    type Config = mainstay_host::NoConfig;
    type Needs = AskerNeeds;

    fn start(needs: AskerNeeds, _: mainstay_host::NoConfig, clock: Clock) -> Result<Mounted> {
        Ok(Mounted::new().http(asking().with_state((needs.events, clock))))
    }

    fn contract() -> Contract {
        Contract::new().http(&asking())
    }
}

type AskerState = (Arc<dyn EventSource>, Clock);

fn asking() -> Routes<AskerState> {
    Routes::new("Asker", "A question.").get(
        "/v1/ask",
        ask,
        operation("ask", "Ask").returns_nothing(200, "open"),
    )
}

/// Whether the counter's log can be opened at all; there is nothing in it to wait for.
async fn ask(State((events, clock)): State<AskerState>) -> String {
    let mut feed = events.follow("test.counter.none", Position(0), 1);
    match clock.timeout(Duration::from_millis(300), feed.next()).await {
        Ok(Err(error)) => error.chain().to_string(),
        Ok(Ok(_)) | Err(_) => "open".to_owned(),
    }
}

/// A service that mounts a route which its contract does not have.
pub struct Secretive;

impl Service for Secretive {
    const NAME: &'static str = "test.secretive";
    type Config = mainstay_host::NoConfig;
    type Needs = NoNeeds;

    fn start(_: NoNeeds, _: mainstay_host::NoConfig, _: Clock) -> Result<Mounted> {
        let hidden = Routes::new("Hidden", "Nobody knows.");
        Ok(Mounted::new().http(hidden.get("/v1/hidden", || async { "found" }, operation("hidden", "Hide"))))
    }
}

pub struct NoNeeds;

impl Needs for NoNeeds {
    fn gather(_: &Scope) -> Result<Self> {
        Ok(Self)
    }
}

struct Folder;

#[async_trait]
impl NotifierEngine for Folder {
    fn scheme(&self) -> &'static str {
        "folder"
    }

    fn open(
        &self,
        url: &str,
        from: Address,
        clock: &Clock,
        blocking: &BlockingPool,
    ) -> Result<Arc<dyn Notifier>> {
        let folder = url.strip_prefix("folder:").unwrap_or(url);
        Ok(Arc::new(Mailbox::open(folder, from, clock.clone(), blocking.clone())?))
    }
}

pub fn engines() -> Engines {
    Engines::new().database(Sqlite).notifier(Folder).cache(Memory)
}

/// A host on port 0 with everything in `folder`.
pub fn host(folder: &std::path::Path, keys: &[&str]) -> Host {
    let mut flags = vec![
        format!("process.data={:?}", folder.display().to_string()),
        "http.listen=\"127.0.0.1:0\"".to_owned(),
        "process.drain_seconds=2".to_owned(),
    ];
    flags.extend(keys.iter().map(|key| (*key).to_owned()));
    let configuration = Configuration::load(None, [], &flags).unwrap();
    Host::new(configuration, engines(), Clock::system())
}

/// How many idempotency keys are kept.
pub async fn keys_in(db: &Database) -> Result<i64> {
    db.read(&Context::background("test"), |view| {
        view.query_one("SELECT count(*) FROM idempotency_keys", &[], |row| row.get(0))
    })
    .await
    .map(Option::unwrap_or_default)
}

/// Cached values in memory.
struct Memory;

impl CacheEngine for Memory {
    fn scheme(&self) -> &'static str {
        MemoryCache::SCHEME
    }

    fn open(&self, url: &str, clock: &Clock) -> Result<Arc<dyn CacheStore>> {
        Ok(Arc::new(MemoryCache::open(url, clock.clone())?))
    }
}
