//! How many runs of five durable steps a second one service executes: `cargo run --release -p mainstay-workflow
//! --example five_steps -- [in flight] [seconds] [folder]`. Prints runs a second, the latency of a run, and commits.
//!
//! Each run is started in a transaction of its own and waited for, as a handler does. The database is a real one; its
//! folder decides which disk is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Result, Shutdown, Stopwatch, Tasks};
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{CommitHook, DatabaseEngine, Leadership, Metrics};
use mainstay_telemetry::Registry;
use mainstay_workflow::{Definition, Options, Progress, RunState, Sagas, Step, StepContext};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Order {
    number: u64,
    reservation: Option<String>,
    payment: Option<String>,
    done: u32,
}

struct Count(&'static str);

#[async_trait]
impl Step<Order> for Count {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn run(&self, cx: &StepContext, state: &mut Order) -> Result<Progress> {
        state.done += 1;
        if state.done == 2 {
            state.reservation = Some(cx.key());
        }
        Ok(Progress::Done)
    }
}

#[derive(Default)]
struct Commits(AtomicU64);

impl CommitHook for Commits {
    fn before_commit(&self, _database: &str, _number: u64) {}

    fn after_commit(&self, _database: &str, _number: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let in_flight: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(64);
    let seconds: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let folder = arguments.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let folder = std::path::Path::new(&folder).join(format!("five-steps-{}", std::process::id()));

    let clock = Clock::system();
    let commits = Arc::new(Commits::default());
    let options = mainstay_sql::Options::new(clock.clone(), Metrics::unregistered());
    let db = Sqlite.open(
        &format!("sqlite:{}", folder.display()),
        "bench",
        options.with_commit_hook(commits.clone()),
    )?;
    db.migrate(&[mainstay_workflow::MIGRATIONS]).await?;
    let (tasks, shutdown, end) = (Tasks::new(), Shutdown::new(), Shutdown::new());
    let leadership = Leadership::start(&db, &clock, &tasks, &end);
    let sagas = Sagas::new(&db, &leadership, &tasks, &Registry::new(), Options::default());
    let mut definition = Definition::new("bench.five", 1).pivot("four");
    for name in ["one", "two", "three", "four", "five"] {
        definition = definition.step(Count(name));
    }
    let saga = sagas.register(definition)?;
    let running = tasks.spawn("sagas", sagas.run(shutdown.clone()));

    let stop = Arc::new(AtomicBool::new(false));
    let before = commits.0.load(Ordering::Relaxed);
    let watch = Stopwatch::start();
    let starters: Vec<_> = (0..in_flight)
        .map(|_| {
            let (db, saga, clock, stop) = (db.clone(), saga.clone(), clock.clone(), Arc::clone(&stop));
            tasks.spawn("starter", async move {
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let run = Id::generate(&clock);
                    let ctx = Context::background("bench");
                    let began = Stopwatch::start();
                    let ended = saga.watch(run, |run| run.has_ended());
                    let (starting, context) = (saga.clone(), ctx.clone());
                    let state = Order { number: times.len() as u64, ..Order::default() };
                    db.write(&ctx, move |tx| starting.start(tx, &context, run, &state)).await?;
                    let seen = ended.until(&ctx, Duration::from_secs(30)).await?;
                    assert_eq!((&seen.state, seen.data.done), (&RunState::Done, 5));
                    times.push(began.elapsed());
                }
                Ok::<_, mainstay_core::Error>(times)
            })
        })
        .collect();
    clock.sleep(Duration::from_secs(seconds)).await;
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for starter in starters {
        times.extend(starter.join().await.unwrap_or_else(|| Ok(Vec::new()))?);
    }
    let elapsed = watch.elapsed().as_secs_f64();
    let commits = commits.0.load(Ordering::Relaxed) - before;
    times.sort();
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or_default();
    println!(
        "{:.0} runs/s with {in_flight} in flight; p50 {:?}, p99 {:?}; {:.0} commits/s, {:.1} runs a commit",
        times.len() as f64 / elapsed,
        at(0.5),
        at(0.99),
        commits as f64 / elapsed,
        times.len() as f64 / commits as f64,
    );
    shutdown.request();
    running.join().await;
    end.request();
    tasks.drain(&clock, Duration::from_secs(5)).await;
    db.close().await;
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        eprintln!("could not remove {}: {error}", folder.display());
    }
    Ok(())
}
