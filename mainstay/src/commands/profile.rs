//! `mainstay profile`: who uses the processor and the memory of a running process, and what holds its workers.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::{Result, codes};
use serde_json::Value;

use crate::admin::{Admin, At};
use crate::commands::Global;
use crate::output::{self, Cell, Format, Table, Tone};

/// Look into a running process: processor, memory, workers, tasks, statements.
#[derive(Debug, Subcommand)]
pub enum Profile {
    /// Watch for some seconds who uses the processor
    Cpu(Cpu),
    /// Write down who holds the memory now
    Heap(Heap),
    /// List the workers that were held for too long, with what held them
    Holds(Look),
    /// List the tasks by name, with those that panicked
    Tasks(Look),
    /// List slow statements with their plans, and repeated ones
    Queries(Look),
}

/// Watch for some seconds who uses the processor.
#[derive(Debug, Args)]
pub struct Cpu {
    /// How long, up to 25
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    #[command(flatten)]
    out: Out,
}

/// Write down who holds the memory now.
#[derive(Debug, Args)]
pub struct Heap {
    #[command(flatten)]
    out: Out,
}

/// Where the profile goes.
#[derive(Debug, Args)]
pub struct Out {
    /// The file: .svg is a flame graph, .pb.gz what pprof reads, .txt one stack a line
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
}

/// Look at the process as it is.
#[derive(Debug, Args)]
pub struct Look {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

impl Profile {
    pub async fn run(self, global: &Global) -> Result<ExitCode> {
        match self {
            Self::Cpu(cpu) => {
                let seconds = ("seconds", cpu.seconds.to_string());
                cpu.out.write(global, "/v1/profiles/cpu", vec![seconds]).await?;
            }
            Self::Heap(heap) => heap.out.write(global, "/v1/profiles/heap", Vec::new()).await?,
            Self::Holds(look) => look.holds(global).await?,
            Self::Tasks(look) => look.tasks(global).await?,
            Self::Queries(look) => look.queries(global).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Out {
    async fn write(self, global: &Global, path: &str, mut query: Vec<(&str, String)>) -> Result<()> {
        let form = match self.out.extension().and_then(|ending| ending.to_str()) {
            Some("svg") => "svg",
            Some("gz" | "pb" | "pprof") => "pprof",
            Some("txt" | "folded") => "folded",
            _ => return Err(codes::INVALID.error("name a file that ends with .svg, .pb.gz or .txt")),
        };
        query.push(("form", form.to_owned()));
        let profile = Admin::of(&self.at, global)?.bytes(path, &query).await?;
        std::fs::write(&self.out, &profile).map_err(|error| {
            codes::INVALID.because(format!("{} cannot be written", self.out.display()), error)
        })?;
        output::note(&format!("{} has {} bytes", self.out.display(), profile.len()));
        Ok(())
    }
}

impl Look {
    async fn ask(&self, global: &Global, path: &str) -> Result<Value> {
        Admin::of(&self.at, global)?.get(path, &[]).await
    }

    async fn holds(self, global: &Global) -> Result<()> {
        let process = self.ask(global, "/v1/process").await?;
        let mut table = Table::new(&["at", "worker", "held ms", "task", "span", "trace", "stack"]);
        for hold in list(&process["holds"]) {
            let inner = |key: &str| list(&hold[key]).last().and_then(Value::as_str).map(str::to_owned);
            table.row([
                text(&hold["at"]).tone(Tone::Quiet),
                text(&hold["worker"]),
                number(&hold["held_ms"]).tone(Tone::Bad),
                text(&hold["task"]),
                Cell::optional(inner("spans")),
                text(&hold["trace"]).tone(Tone::Quiet),
                Cell::optional(inner("stack")),
            ]);
        }
        table.print(Format::of(self.json), "no worker was held for long");
        Ok(())
    }

    async fn tasks(self, global: &Global) -> Result<()> {
        let process = self.ask(global, "/v1/process").await?;
        let mut table = Table::new(&["task", "running", "started", "panicked"]);
        for task in list(&process["tasks"]) {
            let panicked = number(&task["panicked"]);
            let tone = if task["panicked"] == 0 { Tone::Quiet } else { Tone::Bad };
            table.row([
                text(&task["name"]),
                number(&task["running"]),
                number(&task["started"]),
                panicked.tone(tone),
            ]);
        }
        table.print(Format::of(self.json), "no task has run");
        Ok(())
    }

    async fn queries(self, global: &Global) -> Result<()> {
        let databases = self.ask(global, "/v1/queries").await?;
        let mut table = Table::new(&["database", "took us", "times", "statement", "plan", "trace"]);
        for database in list(&databases) {
            for query in list(&database["slow"]) {
                table.row([
                    text(&database["database"]),
                    number(&query["took_us"]),
                    Cell::absent(),
                    text(&query["sql"]),
                    text(&query["plan"]),
                    text(&query["trace"]).tone(Tone::Quiet),
                ]);
            }
            for query in list(&database["repeated"]) {
                table.row([
                    text(&database["database"]),
                    Cell::absent(),
                    number(&query["times"]),
                    text(&query["sql"]),
                    Cell::absent(),
                    text(&query["trace"]).tone(Tone::Quiet),
                ]);
            }
        }
        table.print(Format::of(self.json), "no statement was slow or repeated");
        Ok(())
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// One line, since a plan has several.
fn text(value: &Value) -> Cell {
    Cell::optional(value.as_str().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")))
}

fn number(value: &Value) -> Cell {
    Cell::number(value.as_i64().unwrap_or_default())
}
