//! `mainstay load`: the load generator that ships with each system.

use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Clock, Result, Tasks};
use serde_json::json;

use crate::commands::Global;
use crate::listener::Listener;
use crate::load::generator::{Load, Mix, RATE_MAX, SECONDS_MAX};
use crate::load::measure::Measure;
use crate::output::{self, Cell, Format, Table};

/// Visit a running system as people do, and print how long it let them wait.
///
/// Visits begin when they are due, whether or not earlier ones are done, and each is timed from when it was due. Baskets,
/// popularity and the hours of a day are those of a real shop's year. It ends by itself, and calls only this machine
/// unless told otherwise.
#[derive(Debug, Args)]
pub struct LoadCommand {
    /// The system to visit
    #[arg(value_enum)]
    system: System,
    /// Where it listens, as host:port, instead of http.listen; over TLS when http.tls is configured, and then with that
    /// certificate alone
    #[arg(long, value_name = "ADDRESS")]
    at: Option<String>,
    /// Visits a second, on average, at most 5000
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// How long new visits begin, at most 3600
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Parts of visits that look around, search, fill a cart, and buy
    #[arg(long, value_name = "B,S,C,K", default_value = "60,20,14,6")]
    mix: String,
    /// Let the rate follow the hours of a day, from midnight to midnight
    #[arg(long)]
    day: bool,
    /// Most lines of a cart; the real year's largest have more than 500
    #[arg(long, value_name = "LINES", default_value_t = 500)]
    lines_max: u32,
    /// Makes the same visits as another run with the same seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Call another machine: it is yours, and you may
    #[arg(long)]
    i_own_this_host: bool,
    /// One JSON object a line: requests by kind, then the visits
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum System {
    /// A shop, from the outside
    Shop,
}

impl LoadCommand {
    pub async fn run(self, global: &Global) -> Result<ExitCode> {
        let System::Shop = self.system;
        let load = self.checked(global)?;
        let (clock, tasks, measure) = (Clock::system(), Tasks::new(), Arc::new(Measure::default()));
        let visits = load.run(&clock, &tasks, &measure).await?;
        let lines = measure.lines();
        let mut table =
            Table::new(&["request", "count", "refused", "failed", "p50", "p90", "p99", "p99.9", "max"]);
        for line in &lines {
            let whole = |number| i64::try_from(number).unwrap_or(i64::MAX);
            let millis = |time: f64| Cell::text(format!("{time:.2} ms"));
            table.row([
                Cell::text(line.request),
                Cell::number(whole(line.count)),
                Cell::number(whole(line.refused)),
                Cell::number(whole(line.failed)),
                millis(line.p50_ms),
                millis(line.p90_ms),
                millis(line.p99_ms),
                millis(line.p999_ms),
                millis(line.max_ms),
            ]);
        }
        if self.json {
            for line in &lines {
                output::data(&format!("{}\n", json!(line)));
            }
            output::data(&format!("{}\n", json!({"visits": visits})));
        } else {
            table.print(Format::Table, "no request was made");
            for line in &lines {
                for (code, count) in &line.reasons {
                    output::note(&format!("{}: {count} refused with {code}", line.request));
                }
            }
            output::note(&format!("\n{} visits, {} of them waited for a place", visits.begun, visits.waited));
        }
        let failed: u64 = lines.iter().map(|line| line.failed).sum();
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn checked(&self, global: &Global) -> Result<Load> {
        let refuse = |sentence: String| Err(BAD_CONFIGURATION.error(sentence));
        if !(self.rate > 0.0 && self.rate <= RATE_MAX) {
            return refuse(format!("--rate is above 0 and at most {RATE_MAX}"));
        }
        if self.seconds == 0 || self.seconds > SECONDS_MAX {
            return refuse(format!("--seconds is 1 to {SECONDS_MAX}"));
        }
        if self.lines_max == 0 {
            return refuse("--lines-max is at least 1".into());
        }
        let http: mainstay_http::Options = global.configuration(&[])?.section("http")?;
        let address = self.address(&http)?;
        if !address.ip().is_loopback() && !self.i_own_this_host {
            return refuse(format!(
                "{address} is another machine; a load may take it down, so say --i-own-this-host if you may do that"
            ));
        }
        Ok(Load {
            listener: Listener::of(&http, address)?,
            rate: self.rate,
            duration: Duration::from_secs(self.seconds),
            mix: self.mix()?,
            day: self.day,
            lines_max: self.lines_max,
            seed: self.seed,
        })
    }

    fn address(&self, http: &mainstay_http::Options) -> Result<SocketAddr> {
        let Some(at) = &self.at else { return Ok(http.listen) };
        let wrong = || BAD_CONFIGURATION.error("--at is host:port, such as 127.0.0.1:8080");
        at.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(wrong)
    }

    fn mix(&self) -> Result<Mix> {
        let wrong =
            || BAD_CONFIGURATION.error("--mix is four whole numbers, such as 60,20,14,6, and not all 0");
        // Parts are shares; a thousand thousandths are fine enough.
        let parts: Option<Vec<u32>> =
            self.mix.split(',').map(|part| part.trim().parse().ok().filter(|part| *part <= 1_000)).collect();
        match parts.as_deref() {
            Some(&[browse, search, cart, checkout]) if browse + search + cart + checkout > 0 => {
                Ok(Mix { browse, search, cart, checkout })
            }
            _ => Err(wrong()),
        }
    }
}
