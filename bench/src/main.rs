//! Measures what Mainstay says about its speed, each figure as a ratio to a named peer.
//!
//! Run through `cargo xtask bench <name> [--quick] [--json]`, which builds it for release. Each benchmark stops by
//! itself and leaves nothing behind.

mod checkout;
mod disk;
mod events;
mod footprint;
mod http;
mod load;
mod metrics;
mod process;
mod realtime;
mod report;
mod saga;
mod shop;
mod store;
mod telemetry;
mod year;

use clap::{Parser, ValueEnum};

use crate::report::Report;

/// The one that the product has: what a server of ours needs here, it needs there.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[derive(Parser)]
#[command(about = "Measures Mainstay against named peers")]
struct Arguments {
    benchmark: Benchmark,
    /// A shorter run that ends within a minute; its figures vary more.
    #[arg(long)]
    quick: bool,
    /// One JSON object a line on standard output, and nothing else.
    #[arg(long)]
    json: bool,
    /// One part of the year alone.
    #[arg(long)]
    only: Option<year::Part>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Benchmark {
    /// Complete guest checkouts through the public API.
    Checkout,
    /// Durable workflows of five steps.
    Saga,
    /// The HTTP stack with everything on, against bare hyper.
    Http,
    /// Events published and consumed, synced before they are acknowledged.
    Events,
    /// A file of goods imported, and invoices with many lines sold again.
    Year,
    /// Broadcasts to two thousand WebSockets, and what an idle one costs.
    Realtime,
    /// The server that the benchmark of broadcasts starts and measures.
    #[value(hide = true)]
    RealtimeServer,
    /// What telemetry costs, and a flood of foreign spans.
    Telemetry,
    /// Memory, time to be ready, size, and a rebuild.
    Footprint,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(served) = http::server::serve_if_asked() {
        return served.map_err(|error| error.to_string().into());
    }
    let arguments = Arguments::parse();
    if arguments.only.is_some() && !matches!(arguments.benchmark, Benchmark::Year) {
        return Err("only the year has parts".into());
    }
    let mut report = Report::new(arguments.json);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    match arguments.benchmark {
        Benchmark::Checkout => runtime.block_on(checkout::run(arguments.quick, &mut report))?,
        Benchmark::Saga => runtime.block_on(saga::run(arguments.quick, &mut report))?,
        Benchmark::Http => runtime.block_on(http::run(arguments.quick, &mut report))?,
        Benchmark::Telemetry => runtime.block_on(telemetry::run(arguments.quick, &mut report))?,
        Benchmark::Footprint => runtime.block_on(footprint::run(arguments.quick, &mut report))?,
        Benchmark::Events => runtime.block_on(events::run(arguments.quick, &mut report))?,
        Benchmark::Year => year::run(arguments.quick, arguments.only, &mut report)?,
        Benchmark::Realtime => realtime::run(arguments.quick, &mut report)?,
        Benchmark::RealtimeServer => runtime.block_on(realtime::serve())?,
    }
    report.finish();
    Ok(())
}
