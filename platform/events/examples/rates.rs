//! How fast events are written and consumed on this machine: `cargo run --release -p mainstay-events --example rates`.
//!
//! Prints what one append costs inside a transaction, how many events a second a consumer with an inbox and one row of
//! effect takes from a full log, and how long an event takes from its transaction to its effect's commit.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Result, Shutdown, Stopwatch, Tasks};
use mainstay_engine_sqlite::Sqlite;
use mainstay_events::{Consumers, Event, MIGRATIONS, Outbox, Position, Subscription, Topic};
use mainstay_sql::{Database, DatabaseEngine, Leadership, Metrics, Migration, MigrationSet, Options};

#[derive(Clone, PartialEq, prost::Message)]
struct Sample {
    #[prost(bytes = "vec", tag = "1")]
    bytes: Vec<u8>,
}

impl Event for Sample {
    const TYPE: &'static str = "rates.v1.Sample";
}

const SAMPLES: Topic<Sample> = Topic::new("rates.samples");
const GROUP: &str = "rates.reader";
const BACKLOG: i64 = 200_000;

const TABLES: MigrationSet = MigrationSet {
    module: "rates",
    migrations: &[Migration {
        version: 1,
        name: "effects",
        up: "CREATE TABLE effects (key TEXT NOT NULL PRIMARY KEY, events INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        down: "",
    }],
};

fn open(folder: &tempfile::TempDir, name: &str) -> Result<Database> {
    let options = Options::new(Clock::system(), Metrics::unregistered());
    Sqlite.open(&format!("sqlite:{}", folder.path().display()), name, options)
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder =
        tempfile::tempdir().map_err(|error| mainstay_core::codes::INTERNAL.because("no folder", error))?;
    let (producer, consumer) = (open(&folder, "producer")?, open(&folder, "consumer")?);
    producer.migrate(&[MIGRATIONS]).await?;
    consumer.migrate(&[MIGRATIONS, TABLES]).await?;
    let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
    let leadership = Leadership::start(&consumer, &Clock::system(), &tasks, &shutdown);
    let outbox = Outbox::new(producer.clone(), "rates");
    append(&producer, &outbox).await?;

    let consumers = Consumers::new(consumer, leadership, tasks.clone());
    consumers.add(Subscription::new(GROUP, &SAMPLES, Arc::new(outbox.clone())).handle(|tx, _, envelope, _| {
        tx.execute(
            "INSERT INTO effects (key, events) VALUES (?1, 1) ON CONFLICT (key) DO UPDATE SET events = events + 1",
            &[(&envelope.key).into()],
        )?;
        Ok(())
    }))?;
    let watch = Stopwatch::start();
    let (running, stop) = (consumers.clone(), shutdown.clone());
    tasks.spawn("consumers", async move { running.run(stop).await });
    consumers.reached(GROUP, Position(BACKLOG)).await?;
    println!("consume a full log      {:9.0} events/s", BACKLOG as f64 / watch.elapsed().as_secs_f64());
    latency(&producer, &outbox, &consumers).await?;
    shutdown.request();
    tasks.drain(&Clock::system(), Duration::from_secs(5)).await;
    Ok(())
}

async fn append(db: &Database, outbox: &Outbox) -> Result<()> {
    const EACH: i64 = 1_000;
    let ctx = Context::background("rates");
    let mut inside = Duration::ZERO;
    for round in 0..BACKLOG / EACH {
        let (outbox, told_by) = (outbox.clone(), ctx.clone());
        inside += db
            .write(&ctx, move |tx| {
                let sample = Sample { bytes: vec![7; 256] };
                let watch = Stopwatch::start();
                for number in 0..EACH {
                    outbox.append(
                        tx,
                        &told_by,
                        &SAMPLES,
                        &format!("key-{}", (round + number) % 500),
                        &sample,
                    )?;
                }
                Ok(watch.elapsed())
            })
            .await?;
    }
    println!("append in a transaction {:9.2} us an event", inside.as_secs_f64() * 1e6 / BACKLOG as f64);
    Ok(())
}

async fn latency(db: &Database, outbox: &Outbox, consumers: &Consumers) -> Result<()> {
    let ctx = Context::background("rates");
    let clock = Clock::system();
    let mut waits = Vec::new();
    let mut due = clock.monotonic();
    for number in 1..=3_000 {
        due = due + Duration::from_millis(1);
        clock.sleep_until(due).await;
        let (outbox, told_by) = (outbox.clone(), ctx.clone());
        let watch = Stopwatch::start();
        db.write(&ctx, move |tx| {
            outbox.append(tx, &told_by, &SAMPLES, "late", &Sample { bytes: vec![7; 256] })
        })
        .await?;
        consumers.reached(GROUP, Position(BACKLOG + number)).await?;
        waits.push(watch.elapsed());
    }
    waits.sort_unstable();
    let at = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!("publish to consume      {:9.2} ms p50, {:.2} ms p99, {:.2} ms max", at(0.5), at(0.99), at(1.0));
    Ok(())
}
