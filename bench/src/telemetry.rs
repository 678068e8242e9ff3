//! What it costs that the shop tells about itself, and what a flood of foreign spans does to its visitors.
//!
//! Two shops run side by side, one with everything on (every request recorded until its end, one in a hundred drawn, the
//! store, the log, metrics with history) and one with the recorder and the store off. They take turns under the same
//! load, so that a machine that becomes slower meanwhile slows both.

use std::error::Error;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use mainstay::load::due;
use mainstay_core::{Clock, Stopwatch};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use crate::checkout::{closed_loop, stock_up};
use crate::load::{Buyer, spawn};
use crate::report::{Peer, Report, median};
use crate::shop::ShopProcess;
use crate::{metrics, process};

type Failure = Box<dyn Error + Send + Sync>;

/// Spans a second of the flood.
const FLOOD: u64 = 10_000;
/// Spans in one request of the flood, ten traces of fifty.
const FLOOD_BATCH: u64 = 500;
/// Looks at the catalogue a second, whose latencies are compared.
const LOOKS: u64 = 200;

pub async fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    measure(quick, report).await.map_err(|error| error.to_string().into())
}

async fn measure(quick: bool, report: &mut Report) -> Result<(), Failure> {
    cost(quick, report).await?;
    flood(Duration::from_secs(if quick { 15 } else { 60 }), report).await
}

async fn cost(quick: bool, report: &mut Report) -> Result<(), Failure> {
    let (rounds, length) = if quick { (4, Duration::from_secs(4)) } else { (10, Duration::from_secs(8)) };
    let (on_folder, off_folder) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let on = ShopProcess::start(on_folder.path())?;
    let off = ["telemetry.store=false", "telemetry.sample=0.0", "telemetry.log=\"off\""];
    let off = ShopProcess::start_with(off_folder.path(), &off)?;
    let goods = stock_up(on.address).await?;
    stock_up(off.address).await?;
    for shop in [&on, &off] {
        closed_loop(shop.address, &goods, Duration::from_secs(3), "warm").await?;
    }
    let (mut rates, mut cpus) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 0..rounds {
        // Each goes first as often as the other.
        let order = if round % 2 == 0 { [(0, &on), (1, &off)] } else { [(1, &off), (0, &on)] };
        for (place, shop) in order {
            let before = process::cpu_time(shop.pid())?;
            let name: &'static str = Box::leak(format!("round-{round}").into_boxed_str());
            let run = closed_loop(shop.address, &goods, length, name).await?;
            let used = process::cpu_time(shop.pid())?.saturating_sub(before);
            rates[place].push(run.placed as f64 / run.elapsed.as_secs_f64());
            cpus[place].push(used.as_secs_f64() * 1_000.0 / run.placed as f64);
        }
    }
    let [rate_on, rate_off] = rates.map(median);
    let [cpu_on, cpu_off] = cpus.map(median);
    let without = Peer::Measured { name: "checkouts/s without telemetry", value: rate_off };
    report.figure("telemetry", "checkouts", rate_on, "checkouts/s", without);
    report.figure(
        "telemetry",
        "telemetry-cost",
        100.0 * (1.0 - rate_on / rate_off),
        "% of throughput",
        Peer::None,
    );
    report.figure(
        "telemetry",
        "telemetry-cpu-cost",
        100.0 * (cpu_on / cpu_off - 1.0),
        "% of CPU",
        Peer::None,
    );
    let page = Buyer::connect(on.admin).await?.text("/metrics").await?;
    let spans = metrics::sum(&page, "mainstay_spans_kept_total")
        + metrics::sum(&page, "mainstay_spans_passed_over_total");
    report.remark(&format!(
        "{spans:.0} spans recorded, {:.0} kept, {:.0} dropped; the store's writer was busy for {:.2} s",
        metrics::sum(&page, "mainstay_spans_kept_total"),
        metrics::sum(&page, "mainstay_spans_dropped_total"),
        metrics::sum(&page, "mainstay_store_busy_seconds_total"),
    ));
    Ok(())
}

async fn flood(length: Duration, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    // Free a moment ago, and nobody else is told of it.
    let receive = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let shop = ShopProcess::start_with(folder.path(), &[&format!("telemetry.receive=\"{receive}\"")])?;
    let quiet = looks(shop.address, Duration::from_secs(5)).await?;
    let before = process::cpu_time(shop.pid())?;
    let watch = Stopwatch::start();
    let (sent, during) = tokio::join!(send(receive, length), looks(shop.address, length));
    let (sent, during) = (sent?, during?);
    let used = process::cpu_time(shop.pid())?.saturating_sub(before);
    // What waits is written within a moment.
    Clock::system().sleep(Duration::from_secs(1)).await;
    let page = Buyer::connect(shop.admin).await?.text("/metrics").await?;
    let kept = metrics::sum(&page, "mainstay_store_spans_total");
    let dropped = metrics::sum(&page, "mainstay_store_received_dropped_total");
    let second = length.as_secs_f64();
    report.figure(
        "telemetry",
        "flood-sent",
        sent as f64 / watch.elapsed().as_secs_f64(),
        "spans/s",
        Peer::None,
    );
    report.figure("telemetry", "flood-kept", kept.min(sent as f64) / second, "spans/s", Peer::None);
    report.figure("telemetry", "flood-dropped", dropped / second, "spans/s", Peer::None);
    report.figure("telemetry", "flood-cores", used.as_secs_f64() / second, "cores", Peer::None);
    let millis =
        |latencies: &Histogram<u64>, quantile| latencies.value_at_quantile(quantile) as f64 / 1_000.0;
    for (name, quantile) in [("flood-look-p50", 0.5), ("flood-look-p99", 0.99)] {
        let peer = Peer::Measured { name: "without the flood", value: millis(&quiet, quantile) };
        report.figure("telemetry", name, millis(&during, quantile), "ms", peer);
    }
    Ok(())
}

/// Sends the flood at its pace, whatever the store does with it. How many spans that were.
async fn send(to: SocketAddr, length: Duration) -> Result<u64, Failure> {
    let mut client = TraceServiceClient::connect(format!("http://{to}")).await?;
    let clock = Clock::system();
    let began = clock.monotonic();
    let batches = FLOOD * length.as_secs() / FLOOD_BATCH;
    for number in 0..batches {
        let due = Duration::from_secs_f64((number * FLOOD_BATCH) as f64 / FLOOD as f64);
        clock.sleep_until(began + due).await;
        client.export(batch(number)).await?;
    }
    Ok(batches * FLOOD_BATCH)
}

fn batch(number: u64) -> ExportTraceServiceRequest {
    let spans = (0..FLOOD_BATCH).map(|place| {
        let (trace, within) = (number * 10 + place / 50 + 1, place % 50);
        let start = 1_900_000_000_000_000_000 + number * 1_000_000 + place;
        Span {
            trace_id: u128::from(trace).to_be_bytes().to_vec(),
            span_id: (place + 1).to_be_bytes().to_vec(),
            parent_span_id: if within == 0 {
                Vec::new()
            } else {
                (place - within + 1).to_be_bytes().to_vec()
            },
            name: format!("shop.inventory.v1.Inventory/Method{within}"),
            start_time_unix_nano: start,
            end_time_unix_nano: start + 500_000,
            ..Span::default()
        }
    });
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            scope_spans: vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    }
}

/// Looks at the catalogue at a steady pace; how long each took from its time on.
async fn looks(address: SocketAddr, length: Duration) -> Result<Histogram<u64>, Failure> {
    let clock = Clock::system();
    let buyers = Arc::new(tokio::sync::Mutex::new(Vec::new()));
    let mut running = Vec::new();
    let mut turns = due::at(due::steadily(LOOKS as f64, LOOKS * length.as_secs()))?;
    while let Some((_, due)) = turns.recv().await {
        let (buyers, clock) = (Arc::clone(&buyers), clock.clone());
        running.push(spawn(async move {
            let ready = buyers.lock().await.pop();
            let mut buyer = match ready {
                Some(buyer) => buyer,
                None => Buyer::connect(address).await?,
            };
            buyer.text("/v1/products").await?;
            let took = clock.monotonic().since(due);
            buyers.lock().await.push(buyer);
            Ok::<Duration, Failure>(took)
        }));
    }
    let mut latencies = Histogram::new(3)?;
    for look in running {
        latencies.record(u64::try_from(look.await??.as_micros())?)?;
    }
    Ok(latencies)
}
