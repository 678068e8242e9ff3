//! Events of 256 bytes, synced before they are acknowledged: one publisher and sixty-four against the disk itself, and
//! how long one takes from publishing to its effect.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use mainstay::load::due;
use mainstay_core::{Clock, Context, Result, Shutdown, Stopwatch, Tasks};
use mainstay_events::{Consumers, Event, Outbox, Subscription, Topic};
use mainstay_sql::{Database, Leadership};
use tokio::sync::mpsc;

use crate::disk;
use crate::load::spawn;
use crate::report::{Peer, Report, median};
use crate::store;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Measured {
    /// Microseconds of the run's own clock at publishing.
    #[prost(int64, tag = "1")]
    published_micros: i64,
    #[prost(bytes = "vec", tag = "2")]
    filling: Vec<u8>,
}

impl Event for Measured {
    const TYPE: &'static str = "bench.v1.Measured";
}

const TOPIC: Topic<Measured> = Topic::new("bench.events");
/// With its time stamp and field headers an event encodes to 256 bytes.
const FILLING_BYTES: usize = 244;
const PUBLISHERS: usize = 64;
const EVENTS_A_SECOND: u64 = 1_000;

pub async fn run(quick: bool, report: &mut Report) -> std::result::Result<(), Box<dyn Error>> {
    let (rounds, seconds) = if quick { (3, 2) } else { (5, 6) };
    let duration = Duration::from_secs(seconds);
    let folder = tempfile::tempdir()?;
    // Taken in turn, so that a disk that changes its mood changes it for both sides.
    let (mut disk_one, mut disk_many, mut one, mut many) = (vec![], vec![], vec![], vec![]);
    for round in 0..rounds {
        let path = folder.path().join(format!("round-{round}"));
        std::fs::create_dir(&path)?;
        disk_one.push(disk::append_and_sync(&path, 1, duration)?);
        one.push(publish(&path, "one", 1, duration).await?);
        disk_many.push(disk::append_and_sync(&path, PUBLISHERS, duration)?);
        many.push(publish(&path, "many", PUBLISHERS, duration).await?);
        std::fs::remove_dir_all(&path)?;
    }
    let peer = Peer::Measured { name: "append and sync", value: median(disk_one) };
    report.figure("events", "one-publisher", median(one), "events/s", peer);
    let peer = Peer::Measured { name: "append and sync, 64 a sync", value: median(disk_many) };
    report.figure("events", "many-publishers", median(many), "events/s", peer);

    let latencies =
        publish_to_consume(folder.path(), Duration::from_secs(if quick { 10 } else { 30 })).await?;
    for (name, quantile) in [("publish-to-consume-p50", 0.5), ("publish-to-consume-p99", 0.99)] {
        let value = latencies.value_at_quantile(quantile) as f64 / 1_000.0;
        // p50 and p99 of Redis Streams with appendfsync always, the fastest of the brokers that were tried.
        let recorded = if quantile < 0.9 { 0.33 } else { 2.2 };
        report.figure("events", name, value, "ms", Peer::Recorded { name: "Redis Streams", value: recorded });
    }
    Ok(())
}

// Events a second that `publishers` tasks get acknowledged, each with one in flight.
async fn publish(folder: &Path, name: &str, publishers: usize, duration: Duration) -> Result<f64> {
    let db = store::open(folder, name, &[mainstay_events::MIGRATIONS]).await?;
    let outbox = Outbox::new(db.clone(), "bench");
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let watch = Stopwatch::start();
    let tasks: Vec<_> = (0..publishers)
        .map(|number| {
            let (db, outbox) = (db.clone(), outbox.clone());
            let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
            spawn(async move {
                let key: Arc<str> = format!("key-{number}").into();
                while !stop.load(Ordering::Relaxed) {
                    append(&db, &outbox, &key, 0).await?;
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), mainstay_core::Error>(())
            })
        })
        .collect();
    Clock::system().sleep(duration).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.map_err(|error| mainstay_core::codes::INTERNAL.because("a publisher failed", error))??;
    }
    let rate = acknowledged.load(Ordering::Relaxed) as f64 / watch.elapsed().as_secs_f64();
    db.close().await;
    Ok(rate)
}

async fn append(db: &Database, outbox: &Outbox, key: &Arc<str>, published_micros: i64) -> Result<()> {
    let (outbox, key) = (outbox.clone(), Arc::clone(key));
    let ctx = Context::background("bench");
    let event = Measured { published_micros, filling: vec![7; FILLING_BYTES] };
    let traced = ctx.clone();
    db.write(&ctx, move |tx| outbox.append(tx, &traced, &TOPIC, &key, &event)).await
}

// An open model: events leave at their times whether or not the earlier ones have arrived, and a late departure counts
// as latency of the event.
async fn publish_to_consume(folder: &Path, duration: Duration) -> Result<Histogram<u64>> {
    let clock = Clock::system();
    let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
    let producer = store::open(folder, "producer", &[mainstay_events::MIGRATIONS]).await?;
    let consumer = store::open(folder, "consumer", &[mainstay_events::MIGRATIONS]).await?;
    let outbox = Outbox::new(producer.clone(), "bench");
    let leadership = Leadership::start(&consumer, &clock, &tasks, &shutdown);
    let consumers = Consumers::new(consumer.clone(), leadership, tasks.clone());
    let (seen, mut latencies) = mpsc::unbounded_channel();
    let began = clock.monotonic();
    let reader = clock.clone();
    // The effect is durable a commit later than the handler runs; a wake after that commit takes the time.
    consumers.add(Subscription::new("bench", &TOPIC, Arc::new(outbox.clone())).handle(
        move |_tx, _ctx, _envelope, event: Measured| {
            let now = reader.monotonic().since(began).as_micros() as i64;
            // The receiver lives as long as the run.
            let _ = seen.send(now - event.published_micros);
            Ok(())
        },
    ))?;
    let consuming = tasks.spawn("bench-consumers", {
        let (consumers, shutdown) = (consumers.clone(), shutdown.clone());
        async move { consumers.run(shutdown).await }
    });
    let total = EVENTS_A_SECOND * duration.as_secs();
    let mut publishing = Vec::new();
    // Until the consumers are there.
    clock.sleep(Duration::from_millis(500)).await;
    let mut turns = due::at(due::steadily(EVENTS_A_SECOND as f64, total))
        .map_err(|error| mainstay_core::codes::INTERNAL.because("no thread for the times", error))?;
    while let Some((number, due)) = turns.recv().await {
        let due_micros = due.since(began).as_micros() as i64;
        let (db, outbox) = (producer.clone(), outbox.clone());
        publishing.push(spawn(async move {
            let key: Arc<str> = format!("key-{}", number % 100).into();
            append(&db, &outbox, &key, due_micros).await
        }));
    }
    for task in publishing {
        task.await.map_err(|error| mainstay_core::codes::INTERNAL.because("a publisher failed", error))??;
    }
    consumers.reached("bench", outbox.newest().await?).await?;
    shutdown.request();
    consuming.join().await;
    let mut histogram =
        Histogram::new(3).map_err(|error| mainstay_core::codes::INTERNAL.because("no histogram", error))?;
    while let Ok(latency) = latencies.try_recv() {
        histogram
            .record(u64::try_from(latency).unwrap_or(0))
            .map_err(|error| mainstay_core::codes::INTERNAL.because("a latency beyond measure", error))?;
    }
    producer.close().await;
    consumer.close().await;
    if histogram.len() < total {
        return Err(
            mainstay_core::codes::INTERNAL.error(format!("{} of {total} events arrived", histogram.len()))
        );
    }
    Ok(histogram)
}
