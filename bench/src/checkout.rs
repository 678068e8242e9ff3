//! Complete guest checkouts through the public API of the shop, run as its own process with its production settings.
//!
//! A closed loop finds the rate; an open model at seven tenths of it finds the latency of the placing call. The load
//! runs beside the shop on the same cores, as does the test provider, within the shop's process.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use mainstay_core::{Clock, Stopwatch};
use serde_json::json;
use tokio::sync::Mutex;

use crate::load::{Buyer, spawn};
use crate::report::{Peer, Report};
use crate::shop::ShopProcess;
use crate::{metrics, process};

type Failure = Box<dyn Error + Send + Sync>;

const BUYERS: usize = 64;
/// More than any run can sell.
const STOCK: i64 = 100_000_000;
/// Connections that the open model keeps ready; one more is opened when all are busy.
const OPEN_BUYERS: usize = 64;

pub async fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    measure(quick, report).await.map_err(|error| error.to_string().into())
}

async fn measure(quick: bool, report: &mut Report) -> Result<(), Failure> {
    let seconds =
        |quick_seconds, full_seconds| Duration::from_secs(if quick { quick_seconds } else { full_seconds });
    let folder = tempfile::tempdir()?;
    let shop = ShopProcess::start(folder.path())?;
    let goods = stock_up(shop.address).await?;

    closed_loop(shop.address, &goods, seconds(3, 10), "warm").await?;
    let before = Reading::take(&shop).await?;
    let run = closed_loop(shop.address, &goods, seconds(12, 40), "closed").await?;
    let after = Reading::take(&shop).await?;
    let rate = run.placed as f64 / run.elapsed.as_secs_f64();
    let each = |before: f64, after: f64| (after - before) / run.placed as f64;

    let vendure = Peer::Recorded { name: "Vendure 3.7 on SQLite", value: 18.0 };
    report.figure("checkout", "durable", rate, "checkouts/s", vendure);
    let cpu = each(before.cpu.as_secs_f64(), after.cpu.as_secs_f64()) * 1_000.0;
    report.figure(
        "checkout",
        "cpu-ms",
        cpu,
        "ms",
        Peer::Recorded { name: "Vendure 3.7 on SQLite", value: 57.0 },
    );
    report.figure("checkout", "writes", each(before.writes, after.writes), "per checkout", Peer::None);
    report.figure("checkout", "commits", each(before.commits, after.commits), "per checkout", Peer::None);
    report.figure("checkout", "syncs", each(before.syncs, after.syncs), "per checkout", Peer::None);
    let cores = |used: Duration| used.as_secs_f64() / run.elapsed.as_secs_f64();
    let (shop_cores, load_cores) = (cores(after.cpu - before.cpu), cores(after.own_cpu - before.own_cpu));
    report.remark(&format!(
        "shop {shop_cores:.2} cores, load {load_cores:.2} cores, of {}; {:.0} syncs a second",
        std::thread::available_parallelism().map_or(1, usize::from),
        (after.syncs - before.syncs) / run.elapsed.as_secs_f64(),
    ));

    let latencies = open_model(shop.address, &goods, rate * 0.7, seconds(10, 30)).await?;
    let millis = |quantile| latencies.value_at_quantile(quantile) as f64 / 1_000.0;
    report.figure("checkout", "p50-at-70", millis(0.5), "ms", Peer::None);
    report.figure("checkout", "p99-at-70", millis(0.99), "ms", Peer::None);
    Ok(())
}

// The variants that are sold, each with more stock than the run needs.
pub async fn stock_up(address: SocketAddr) -> Result<Vec<String>, Failure> {
    let variants: Vec<String> = mainstay::shop::goods::GOODS
        .iter()
        .flat_map(|goods| goods.variants)
        .map(|piece| mainstay::shop::demo::variant(piece).to_string())
        .collect();
    let staff = mainstay::shop::demo::LOGINS
        .iter()
        .find(|login| login.role == shop_auth_contracts::Role::Staff)
        .ok_or("the demo shop has no staff")?;
    let mut buyer = Buyer::connect(address).await?;
    let session = buyer.log_in(staff.email, staff.password).await?;
    let adjustments: Vec<_> =
        variants.iter().map(|variant| json!({"variant_id": variant, "delta": STOCK})).collect();
    buyer.adjust_stock(&session, &json!({"cause": "bench", "adjustments": adjustments})).await?;
    Ok(variants)
}

struct Reading {
    cpu: Duration,
    own_cpu: Duration,
    writes: f64,
    commits: f64,
    syncs: f64,
}

impl Reading {
    async fn take(shop: &ShopProcess) -> Result<Self, Failure> {
        let page = Buyer::connect(shop.admin).await?.text("/metrics").await?;
        Ok(Self {
            cpu: process::cpu_time(shop.pid())?,
            own_cpu: process::cpu_time(std::process::id())?,
            writes: metrics::sum(&page, "mainstay_sql_batch_size_sum"),
            commits: metrics::sum(&page, "mainstay_sql_commits_total"),
            syncs: metrics::sum(&page, "mainstay_sql_syncs_total"),
        })
    }
}

/// What a closed loop did.
pub struct Run {
    pub placed: u64,
    pub elapsed: Duration,
}

pub async fn closed_loop(
    address: SocketAddr,
    goods: &[String],
    duration: Duration,
    name: &'static str,
) -> Result<Run, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let placed = Arc::new(AtomicU64::new(0));
    let watch = Stopwatch::start();
    let buyers: Vec<_> = (0..BUYERS)
        .map(|number| {
            let (stop, placed) = (Arc::clone(&stop), Arc::clone(&placed));
            let variant = goods[number % goods.len()].clone();
            spawn(async move {
                let mut buyer = Buyer::connect(address).await?;
                let mut turn = 0u64;
                while !stop.load(Ordering::Relaxed) {
                    turn += 1;
                    buyer.check_out(&variant, &format!("{name}-{number}-{turn}")).await?;
                    placed.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    Clock::system().sleep(duration).await;
    stop.store(true, Ordering::Relaxed);
    for buyer in buyers {
        buyer.await??;
    }
    Ok(Run { placed: placed.load(Ordering::Relaxed), elapsed: watch.elapsed() })
}

// Checkouts begin at their times, whether or not the earlier ones are done.
async fn open_model(
    address: SocketAddr,
    goods: &[String],
    per_second: f64,
    duration: Duration,
) -> Result<Histogram<u64>, Failure> {
    let clock = Clock::system();
    let idle = Arc::new(Mutex::new(Vec::with_capacity(OPEN_BUYERS)));
    for _ in 0..OPEN_BUYERS {
        idle.lock().await.push(Buyer::connect(address).await?);
    }
    let began = clock.monotonic();
    let total = (per_second * duration.as_secs_f64()) as u64;
    let mut running = Vec::with_capacity(usize::try_from(total)?);
    for number in 0..total {
        clock.sleep_until(began + Duration::from_secs_f64(number as f64 / per_second)).await;
        let idle = Arc::clone(&idle);
        let variant = goods[usize::try_from(number)? % goods.len()].clone();
        running.push(spawn(async move {
            let ready = idle.lock().await.pop();
            let mut buyer = match ready {
                Some(buyer) => buyer,
                None => Buyer::connect(address).await?,
            };
            let placing = buyer.check_out(&variant, &format!("open-{number}")).await?;
            idle.lock().await.push(buyer);
            Ok::<Duration, Failure>(placing)
        }));
    }
    let mut latencies = Histogram::new(3)?;
    for checkout in running {
        latencies.record(u64::try_from(checkout.await??.as_micros())?)?;
    }
    Ok(latencies)
}
