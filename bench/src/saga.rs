//! Durable workflows of five steps, each step recorded and synced before the next, sixty-four in flight.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Result, Shutdown, Stopwatch, Tasks};
use mainstay_sql::Leadership;
use mainstay_telemetry::Registry;
use mainstay_workflow::{Definition, Options, Progress, RunState, Sagas, Step, StepContext};
use serde::{Deserialize, Serialize};

use crate::load::spawn;
use crate::report::{Peer, Report, median};
use crate::store;

const IN_FLIGHT: usize = 64;
/// Far above what any run takes.
const PATIENCE: Duration = Duration::from_secs(30);
const STEPS: [&str; 5] = ["one", "two", "three", "four", "five"];

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Counted {
    steps_done: u32,
}

struct Count(&'static str);

#[async_trait]
impl Step<Counted> for Count {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn run(&self, _cx: &StepContext, state: &mut Counted) -> Result<Progress> {
        state.steps_done += 1;
        Ok(Progress::Done)
    }
}

pub async fn run(quick: bool, report: &mut Report) -> std::result::Result<(), Box<dyn Error>> {
    let (rounds, seconds) = if quick { (3, 4) } else { (5, 10) };
    let mut one = Vec::new();
    let mut many = Vec::new();
    for _ in 0..rounds {
        one.push(runs_a_second(1, Duration::from_secs(seconds) / 2).await?);
        many.push(runs_a_second(IN_FLIGHT, Duration::from_secs(seconds)).await?);
    }
    report.figure(
        "saga",
        "saga-1",
        median(one),
        "runs/s",
        Peer::Recorded { name: "DBOS on PostgreSQL", value: 113.0 },
    );
    report.figure(
        "saga",
        "saga-64",
        median(many),
        "runs/s",
        Peer::Recorded { name: "Restate", value: 493.0 },
    );
    Ok(())
}

async fn runs_a_second(in_flight: usize, duration: Duration) -> std::result::Result<f64, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let clock = Clock::system();
    let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
    let db = store::open(folder.path(), "sagas", &[mainstay_workflow::MIGRATIONS]).await?;
    let leadership = Leadership::start(&db, &clock, &tasks, &shutdown);
    let sagas = Sagas::new(&db, &leadership, &tasks, &Registry::new(), Options::default());
    let definition = STEPS.iter().fold(Definition::new("bench.five", 1), |d, name| d.step(Count(name)));
    let saga = sagas.register(definition.pivot(STEPS[4]))?;
    let executing = tasks.spawn("bench-sagas", {
        let (sagas, shutdown) = (sagas.clone(), shutdown.clone());
        async move {
            // How it ended shows in the runs.
            let _ = sagas.run(shutdown).await;
        }
    });
    leadership.wait().await;
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let watch = Stopwatch::start();
    let callers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (db, saga, clock) = (db.clone(), saga.clone(), clock.clone());
            let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
            spawn(async move {
                let ctx = Context::background("bench");
                while !stop.load(Ordering::Relaxed) {
                    let run = Id::generate(&clock);
                    let (starter, run_ctx) = (saga.clone(), ctx.clone());
                    let watch = saga.watch(run, |snapshot| snapshot.state == RunState::Done);
                    db.write(&ctx, move |tx| starter.start(tx, &run_ctx, run, &Counted { steps_done: 0 }))
                        .await?;
                    watch.until(&ctx, PATIENCE).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), mainstay_core::Error>(())
            })
        })
        .collect();
    clock.sleep(duration).await;
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await??;
    }
    let rate = done.load(Ordering::Relaxed) as f64 / watch.elapsed().as_secs_f64();
    shutdown.request();
    executing.join().await;
    db.close().await;
    Ok(rate)
}
