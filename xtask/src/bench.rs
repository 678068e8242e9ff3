//! `cargo xtask bench`: builds the benchmarks with optimisation and becomes the one that was named.

use clap::{Args, ValueEnum};

use crate::workspace::{self, Result};
use crate::{needs, process, release};

/// Measure one of the paths that have a target.
#[derive(Args)]
pub struct Bench {
    /// What to measure
    #[arg(value_enum)]
    name: Name,
    /// End within a minute, with figures that wobble more
    #[arg(long)]
    quick: bool,
    /// One JSON object a line on stdout: bench, name, value, unit, peer, ratio
    #[arg(long)]
    json: bool,
    /// More arguments for the benchmark itself, after `--`
    #[arg(last = true)]
    more: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// A guest's whole way to a placed order, over HTTP
    Checkout,
    /// Five durable steps, 64 runs in flight
    Saga,
    /// The HTTP stack with everything on, on one core, against bare hyper
    Http,
    /// Appending synced events and consuming them
    Events,
    /// A file of goods imported, and invoices with many lines sold again
    Year,
    /// Broadcasts to two thousand WebSockets, and what an idle one costs; Socket.IO in the same run
    Realtime,
    /// What telemetry costs, and what a flood of foreign spans does
    Telemetry,
    /// Memory when idle, time to be ready, size of the binary, a rebuild after a change
    Footprint,
}

impl Bench {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        release::build(&release::PACKAGES)?;

        let binary = workspace::target()?.join("release").join("mainstay-bench");
        let mut bench = process::command(binary)?;
        let name = self.name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        bench.arg(name);
        if self.quick {
            bench.arg("--quick");
        }
        if self.json {
            bench.arg("--json");
        }
        bench.args(self.more);
        Err(process::become_(&mut bench))
    }
}
