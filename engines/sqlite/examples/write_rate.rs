//! How fast the door takes single inserts, beside what the disk does by itself in the same run.
//!
//! `cargo run --release -p mainstay-engine-sqlite --example write_rate [folder [tasks …]]` prints one line a figure: the
//! rate of append-and-sync of a plain file with 1 and 64 records a sync, then the rate of durable `db.write` calls,
//! each one insert, from 1, 8 and 64 tasks (or as many as given), with how many shared a sync and what processor
//! time each took, then what a point read costs.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mainstay_core::{Clock, Context, Result, Stopwatch};
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{CommitHook, Database, DatabaseEngine, Metrics, Migration, MigrationSet, Options};

const RUN: Duration = Duration::from_secs(2);
const RECORD: [u8; 256] = [7; 256];

const TABLE: MigrationSet = MigrationSet {
    module: "rate",
    migrations: &[Migration {
        version: 1,
        name: "rows",
        up: "CREATE TABLE rows (id INTEGER PRIMARY KEY, key TEXT NOT NULL, body BLOB NOT NULL) STRICT",
        down: "DROP TABLE rows",
    }],
};

#[derive(Default)]
struct Commits(AtomicU64);

impl CommitHook for Commits {
    fn before_commit(&self, _: &str, _: u64) {}

    fn after_commit(&self, _: &str, _: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| "data/write-rate".to_owned());
    let mut tasks: Vec<usize> = arguments.map(|number| number.parse()).collect::<Result<_, _>>()?;
    if tasks.is_empty() {
        tasks = vec![1, 8, 64];
    }
    std::fs::create_dir_all(&folder)?;
    let raw_one = raw(&folder, 1)?;
    let raw_many = raw(&folder, 64)?;
    println!("file, 1 record a sync: {raw_one:.0}/s; 64: {raw_many:.0}/s");

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let measured = runtime.block_on(async {
        for tasks in tasks {
            writes(&folder, tasks, if tasks == 1 { raw_one } else { raw_many }).await?;
            reads(&folder, tasks).await?;
        }
        Ok(())
    });
    measured.map_err(|error: mainstay_core::Error| error.chain())?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn raw(folder: &str, records: usize) -> std::io::Result<f64> {
    let mut file = File::create(Path::new(folder).join("raw"))?;
    let block = RECORD.repeat(records);
    let watch = Stopwatch::start();
    let mut syncs = 0;
    while watch.elapsed() < RUN {
        file.write_all(&block)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok((syncs * records) as f64 / watch.elapsed().as_secs_f64())
}

async fn writes(folder: &str, tasks: usize, raw: f64) -> Result<()> {
    let commits = Arc::new(Commits::default());
    let options = Options::new(Clock::system(), Metrics::unregistered()).with_commit_hook(commits.clone());
    let db = Sqlite.open(&format!("sqlite:{folder}"), &format!("rate-{tasks}"), options)?;
    db.migrate(&[TABLE]).await?;
    commits.0.store(0, Ordering::Relaxed);
    let before = processor_us();
    let watch = Stopwatch::start();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        running.spawn(insert(db.clone(), watch));
    }
    let mut rows = 0;
    while let Some(done) = running.join_next().await {
        rows += done.unwrap_or(Ok(0))?;
    }
    let rate = rows as f64 / watch.elapsed().as_secs_f64();
    let shared = rows as f64 / commits.0.load(Ordering::Relaxed) as f64;
    let each_us = (processor_us() - before) / rows as f64;
    println!(
        "{tasks} tasks: {rate:.0} writes/s, {shared:.1} a sync, {each_us:.1} us of processor each, {:.2} of the file",
        rate / raw
    );
    db.close().await;
    Ok(())
}

/// Processor time of this process so far, in steps of 10 ms.
fn processor_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields =
        stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_ascii_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10_000.0
}

async fn insert(db: Database, watch: Stopwatch) -> Result<u64> {
    let ctx = Context::background("rate");
    let mut rows = 0;
    while watch.elapsed() < RUN {
        db.write(&ctx, |tx| {
            tx.execute(
                "INSERT INTO rows (key, body) VALUES (?1, ?2)",
                &["some-key".into(), RECORD.as_slice().into()],
            )
        })
        .await?;
        rows += 1;
    }
    Ok(rows)
}

async fn reads(folder: &str, tasks: usize) -> Result<()> {
    let options = Options::new(Clock::system(), Metrics::unregistered());
    let db = Sqlite.open(&format!("sqlite:{folder}"), &format!("rate-{tasks}"), options)?;
    let ctx = Context::background("rate");
    let watch = Stopwatch::start();
    let mut count = 0;
    while watch.elapsed() < RUN / 4 {
        let id = i64::from(count % 1_000);
        db.read(&ctx, move |view| {
            view.query_one("SELECT key FROM rows WHERE id = ?1", &[id.into()], |row| row.get::<String>(0))
        })
        .await?;
        count += 1;
    }
    println!("point reads: {:.2} us each", watch.elapsed().as_secs_f64() * 1e6 / f64::from(count));
    Ok(())
}
