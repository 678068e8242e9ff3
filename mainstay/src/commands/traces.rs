//! `mainstay traces`: what a running process spent its time on.

mod tree;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::Result;
use mainstay_observe::store::TraceSummary;

use crate::admin::{self, Admin, At};
use crate::commands::Global;
use crate::output::{self, Cell, Format, Table, Tone};

/// From how many milliseconds on `--slow` takes a trace for slow, as the process itself does by default.
const SLOW_MS: u64 = 500;

/// Look at what requests spent their time on.
#[derive(Debug, Subcommand)]
pub enum Traces {
    /// List traces, the latest first
    List(List),
    /// Draw one trace as a tree, with what was logged meanwhile
    Show(Show),
}

/// List traces, the latest first.
#[derive(Debug, Args)]
pub struct List {
    /// Words that its names, attributes or errors have; `check*` stands for all that begin so
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// A service that takes part, such as shop.orders
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// The name of a span, such as 'POST /v1/checkouts'
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only those that failed
    #[arg(long)]
    failed: bool,
    /// Only those that took half a second or longer
    #[arg(long)]
    slow: bool,
    /// Only those that took at least so many milliseconds
    #[arg(long, value_name = "MS")]
    min_ms: Option<u64>,
    /// An attribute of a span, as in saga.run=run_1
    #[arg(long, value_name = "KEY=VALUE")]
    attribute: Option<String>,
    /// Only what came in since, as 15m or 2h
    #[arg(long, value_name = "AGO")]
    since: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Go on with those that come in, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

/// Draw one trace as a tree.
#[derive(Debug, Args)]
pub struct Show {
    /// The trace, as `traces list` shows it or as an answer's mainstay-trace says
    #[arg(value_name = "TRACE")]
    trace: String,
    /// As one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

impl Traces {
    pub async fn run(self, global: &Global) -> Result<ExitCode> {
        match self {
            Self::List(list) => list.run(global).await?,
            Self::Show(show) => show.run(global).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self, global: &Global) -> Result<()> {
        let admin = Admin::of(&self.at, global)?;
        let query = self.query()?;
        let format = Format::of(self.json);
        if self.follow {
            return admin
                .follow("/v1/traces/tail", &query, |trace: TraceSummary| match format {
                    Format::Json => output::data(&format!("{}\n", serde_json::json!(trace))),
                    Format::Table => output::data(&one_line(&trace)),
                })
                .await;
        }
        let traces: Vec<TraceSummary> = admin.get("/v1/traces", &query).await?;
        let mut table = Table::new(&["started", "ms", "spans", "result", "service", "name", "trace"]);
        for trace in traces {
            table.row(cells(&trace));
        }
        table.print(format, "no trace is like that; the store keeps those that were drawn, slow or failed");
        Ok(())
    }

    fn query(&self) -> Result<Vec<(&'static str, String)>> {
        let mut query = vec![("limit", self.limit.to_string())];
        let mut add = |key, value: Option<String>| query.extend(value.map(|value| (key, value)));
        add("q", (!self.words.is_empty()).then(|| self.words.join(" ")));
        add("service", self.service.as_ref().map(|name| name.replacen('/', ".", 1)));
        add("name", self.name.clone());
        add("status", self.failed.then(|| "failed".to_owned()));
        let slow = self.slow.then_some(SLOW_MS);
        add("min_ms", self.min_ms.or(slow).map(|ms| ms.to_string()));
        add("attribute", self.attribute.clone());
        add("since", self.since.as_deref().map(admin::ago).transpose()?);
        Ok(query)
    }
}

fn cells(trace: &TraceSummary) -> [Cell; 7] {
    let result = match (trace.failed, trace.complete) {
        (true, _) => Cell::text("failed").tone(Tone::Bad),
        (false, true) => Cell::text("ok").tone(Tone::Good),
        (false, false) => Cell::text("part").tone(Tone::Quiet),
    };
    [
        Cell::text(trace.started.to_string()).tone(Tone::Quiet),
        Cell::text(tree::millis(trace.length_us)),
        Cell::number(i64::from(trace.spans)),
        result,
        Cell::text(trace.service.clone()),
        Cell::text(trace.name.clone()),
        Cell::text(trace.trace.clone()).tone(Tone::Quiet),
    ]
}

fn one_line(trace: &TraceSummary) -> String {
    let words: Vec<String> = cells(trace).iter().map(|cell| cell.shown().to_owned()).collect();
    format!("{}\n", words.join("  "))
}

impl Show {
    async fn run(self, global: &Global) -> Result<()> {
        let admin = Admin::of(&self.at, global)?;
        let trace: serde_json::Value = admin.get(&format!("/v1/traces/{}", self.trace), &[]).await?;
        if self.json {
            output::data(&format!("{trace}\n"));
        } else {
            output::data(&tree::draw(&trace));
        }
        Ok(())
    }
}
