//! `mainstay shop replay`: a retailer's file, sold again through the shop, and the books compared.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use futures::FutureExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Clock, Result, Stopwatch, Tasks, Timestamp};
use mainstay_host::{Engines, ReplayClock, Settings, signals};
use mainstay_workflow::Filter;
use serde::Serialize;
use shop_retail::{Figures, Plan, Refusal};

use crate::commands::{Global, operator, quoted};
use crate::output;
use crate::shop::client::Client;
use crate::shop::launch::{Launch, Shop};
use crate::shop::replay::{Books, Difference, Driver, Journal, Tally, stock_up};
use crate::shop::{demo, source};

/// How long the last sagas may take to end after the last request: captures and mails of what was placed just now.
const SETTLE_WITHIN: Duration = Duration::from_secs(300);

/// How often progress is told where there is no terminal.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Sell a retailer's file again: its invoices as checkouts, its cancellations as refunds, by docs/retail-mapping.md.
///
/// A shop is started in this process for it, on the data folder, which must be empty or hold the same replay: killed at
/// any moment, the same command goes on. Afterwards `mainstay up shop` opens it as any other. Ends with 1 when the
/// shop's books are not what the mapping says.
#[derive(Debug, Args)]
pub struct Replay {
    /// CSV with the columns of docs/retail-mapping.md, plain or gzip
    file: PathBuf,
    /// How many times as fast as it happened; as fast as it goes when left out
    #[arg(long, value_name = "TIMES")]
    speed: Option<f64>,
    /// Stop before this day, such as 2011-01-01
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Invoices under way at once
    #[arg(long, value_name = "COUNT", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    buyers: u16,
    /// Send every so-manieth request twice, as impatient callers do
    #[arg(long, value_name = "COUNT")]
    twice_every: Option<u64>,
    /// The report as one JSON object
    #[arg(long)]
    json: bool,
}

/// What is told at the end.
#[derive(Serialize)]
struct Report<'a> {
    mapping: &'a Figures,
    shop: &'a Books,
    /// Orders and refunds that the shop refused for good, by code.
    refused_by_shop: std::collections::BTreeMap<String, u64>,
    differences: &'a [Difference],
    calls: u64,
    sent_twice: u64,
    retries: u64,
    seconds: f64,
    orders_per_second: f64,
}

impl Replay {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        if self.speed.is_some_and(|speed| !(speed > 0.0 && speed.is_finite())) {
            return Err(BAD_CONFIGURATION.error("--speed is a number above 0, such as 1000"));
        }
        let until = self.until.as_deref().map(day).transpose()?;
        let plan = Plan::open(&self.file, until)?;
        let figures = plan.figures();
        output::note(&mapped(&figures));

        let global = on_free_ports(global);
        let clock = Clock::system();
        let settings = Settings::read(&global.configuration(&[])?)?;
        source::refuse_other_shop(&settings)?;
        let digest = source::digest(&self.file)?;
        let until = self.until.clone().unwrap_or_default();
        let journal = Journal::open(&engines, &settings, &clock, &format!("{digest} {until}")).await?;

        let times = ReplayClock::new();
        let launch = Launch {
            global: global.clone(),
            demo: true,
            logs: true,
            fallbacks: vec![("telemetry.log", quoted("warn"))],
            replay: Some(times.clone()),
        };
        let shop = launch.start(engines.clone(), clock.clone()).await?;
        signals::listen(&shop.shutdown(), |asked| {
            output::note(&format!("mainstay: {asked}: stopping; the same command goes on from here"));
        })?;
        let plan = Arc::new(plan);
        let outcome =
            self.drive(&global, engines, &shop, &clock, times, journal.clone(), Arc::clone(&plan)).await;
        let stopped = shop.stop().await;
        journal.close().await;
        let Some((books, tally, watch)) = outcome? else { return Ok(ExitCode::FAILURE) };
        stopped?;
        Ok(self.tell(&figures, &books, &tally, watch))
    }

    /// Carries it out and reads the books; nothing when it was asked to stop.
    #[expect(clippy::too_many_arguments, reason = "what a run is made of, each once")]
    async fn drive(
        &self,
        global: &Global,
        engines: Engines,
        shop: &Shop,
        clock: &Clock,
        times: ReplayClock,
        journal: Journal,
        plan: Arc<Plan>,
    ) -> Result<Option<(Books, Tally, f64)>> {
        let tasks = Tasks::new();
        if !journal.is_stocked().await? {
            stock_up(shop.running(), &plan).await?;
            journal.stocked().await?;
        }
        let mut client = Client::new(shop.listener(), clock, &tasks);
        let staff = demo::staff_session(&mut client).await?;
        let driver = Driver {
            listener: shop.listener().clone(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            times,
            journal,
            staff: staff.clone(),
            connections: self.buyers.into(),
            speed: self.speed,
            twice_every: self.twice_every,
        };
        let tally = Tally::default();
        let watch = Stopwatch::start();
        let total = plan.invoices.len() as u64;
        let stop = shop.shutdown();
        {
            let run = driver.run(Arc::clone(&plan), &tally).fuse();
            let show = show(clock, total, &tally).fuse();
            futures::pin_mut!(run, show);
            futures::select! {
                outcome = run => outcome?,
                () = show => {}
                () = stop.requested().fuse() => return Ok(None),
            }
        }
        let seconds = watch.elapsed().as_secs_f64();
        let open = settled(global, engines, clock).await?;
        let books = Books::read(shop.running(), &mut client, &staff, &plan, open).await?;
        Ok(Some((books, tally, seconds)))
    }

    fn tell(&self, figures: &Figures, books: &Books, tally: &Tally, seconds: f64) -> ExitCode {
        let differences = books.differences(figures);
        let report = Report {
            mapping: figures,
            shop: books,
            refused_by_shop: tally.refused.lock().clone(),
            differences: &differences,
            calls: tally.calls.load(Ordering::Relaxed),
            sent_twice: tally.sent_twice.load(Ordering::Relaxed),
            retries: tally.retries.load(Ordering::Relaxed),
            seconds,
            orders_per_second: tally.orders.load(Ordering::Relaxed) as f64 / seconds,
        };
        if self.json {
            output::data(&format!("{}\n", serde_json::to_string(&report).unwrap_or_default()));
        } else {
            output::data(&told(&report));
        }
        if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// The listeners take what is free: nobody else is meant to come.
fn on_free_ports(global: &Global) -> Global {
    let mut global = global.clone();
    let keys =
        ["http.listen=\"127.0.0.1:0\"", "rpc.listen=\"\"", "shop.test_provider.listen=\"127.0.0.1:0\""];
    global.set.splice(0..0, keys.map(str::to_owned));
    global
}

fn day(text: &str) -> Result<Timestamp> {
    let wrong = || BAD_CONFIGURATION.error("--until is a day, such as 2011-01-01");
    if text.len() != 10 {
        return Err(wrong());
    }
    format!("{text}T00:00:00Z").parse().map_err(|_| wrong())
}

/// Shows progress for as long as it is polled: a bar on a terminal, else a line now and then.
async fn show(clock: &Clock, total: u64, tally: &Tally) {
    let terminal = std::io::stderr().is_terminal();
    let bar = ProgressBar::with_draw_target(
        Some(total),
        if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
    );
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {pos}/{len} invoices, {rate} a second, {eta} left {msg}")
    {
        bar.set_style(style.with_key("rate", output::rate));
    }
    loop {
        clock.sleep(if terminal { Duration::from_millis(200) } else { TELL_EVERY }).await;
        let (done, refused) =
            (tally.invoices.load(Ordering::Relaxed), tally.refused.lock().values().sum::<u64>());
        bar.set_position(done);
        bar.set_message(if refused > 0 { format!("{refused} refused") } else { String::new() });
        if !terminal {
            output::note(&format!("{done} of {total} invoices, {refused} refused by the shop"));
        }
    }
}

/// Waits until every saga has ended; how many have not.
async fn settled(global: &Global, engines: Engines, clock: &Clock) -> Result<u64> {
    let opened = operator::ready_one(global, engines, "shop/orders").await?;
    let Some(sagas) = opened.sagas.clone() else { return Ok(0) };
    let end = clock.monotonic() + SETTLE_WITHIN;
    let open = loop {
        let sagas = sagas.clone();
        let open = opened
            .database
            .read(&operator::context(), move |view| sagas.list(view, Filter::Open, None, 200))
            .await?;
        if open.is_empty() || clock.monotonic() > end {
            break open.len() as u64;
        }
        clock.sleep(Duration::from_millis(200)).await;
    };
    opened.database.close().await;
    Ok(open)
}

fn mapped(figures: &Figures) -> String {
    let mut text = format!(
        "{} lines: {} accepted, {} refused\n",
        figures.lines,
        figures.accepted,
        figures.refused.values().sum::<u64>()
    );
    for refusal in Refusal::ALL {
        if let Some(count) = figures.refused.get(refusal.name()) {
            text.push_str(&format!("  {count:>7}  {}\n", refusal.name()));
        }
    }
    text.push_str(&format!(
        "{} sales become {} orders; {} cancellations give back",
        figures.sales, figures.orders, figures.cancellations
    ));
    text
}

fn told(report: &Report<'_>) -> String {
    let pounds = |pence: i64| format!("{}.{:02}", pence / 100, pence % 100);
    let mut text = format!(
        "{} orders for {} GBP, {} GBP given back",
        report.shop.orders,
        pounds(report.shop.revenue),
        pounds(report.shop.refunded),
    );
    if report.calls == 0 {
        text.push_str("; nothing was left to sell\n");
    } else {
        text.push_str(&format!(
            "; in {:.0} s {} calls, {:.1} orders a second\n",
            report.seconds, report.calls, report.orders_per_second
        ));
    }
    for (code, count) in &report.refused_by_shop {
        text.push_str(&format!("refused by the shop: {count} {code}\n"));
    }
    for difference in report.differences {
        text.push_str(&format!(
            "{}: the mapping says {:?}, the shop {:?}\n",
            difference.figure, difference.mapping, difference.shop
        ));
    }
    if report.differences.is_empty() {
        text.push_str(
            "sales by month and country, ledger, provider and closing stock are what the mapping says\n",
        );
    }
    text
}
