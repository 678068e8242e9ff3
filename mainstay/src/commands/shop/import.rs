//! `mainstay shop import`: a file of goods into the shop.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Clock, Context, Id, Result, Tasks, codes};
use mainstay_host::{Engines, Running, signals};
use mainstay_records::{Format, Input, Lines};
use mainstay_rpc::{Channel, answer, request};
use shop_imports_contracts as wire;
use wire::{ImportsClient, SERVICE};

use super::beside::{self, CALLER};
use super::imports;
use crate::commands::Global;
use crate::output;
use crate::shop::source;

/// Lines and bytes that are handed over at once: within what the service takes, and within one message.
const LINES_AT_ONCE: usize = 2_000;
const BYTES_AT_ONCE: usize = 1024 * 1024;

/// Batches that are on their way while another one is read.
const BATCHES_AHEAD: usize = 2;

/// How often it is asked how far the shop is.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// What every import's id is derived from.
const ROOT: [u8; 16] = *b"mainstay import1";

/// Bring a file of goods into the shop: products, variants, prices and stock.
///
/// The columns are product, sku, name, description, variant, price, currency, tax_class and stock; the first two must be
/// there, and what a line leaves empty stays as it is. The file is staged and checked, then applied by a durable job: the
/// same command goes on after a crash, and does nothing more once it is done. Ends with 1 when a line could not be used.
#[derive(Debug, Args)]
pub struct Import {
    /// CSV or JSON Lines, plain or gzip
    file: PathBuf,
    /// What is done about a line that cannot be used: leave it out, or apply nothing at all
    #[arg(long, value_enum)]
    on_error: OnError,
    /// How the file is written; by its name when left out
    #[arg(long, value_enum)]
    format: Option<FileFormat>,
    /// Import a file that was imported before: the shop is made what it says once more
    #[arg(long)]
    again: bool,
    /// The outcome as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OnError {
    Skip,
    Stop,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FileFormat {
    Csv,
    Jsonl,
}

impl FileFormat {
    pub fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Jsonl => Format::JsonLines,
        }
    }

    /// By the name of a file, with or without `.gz`.
    fn of(path: &Path) -> Result<Self> {
        let name =
            path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        match name.trim_end_matches(".gz").rsplit('.').next() {
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl),
            _ => {
                Err(BAD_CONFIGURATION
                    .error("say how the file is written with --format csv or --format jsonl"))
            }
        }
    }
}

impl Import {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let format = self.format.map_or_else(|| FileFormat::of(&self.file), Ok)?.format();
        // All that can be found out without the shop comes first.
        let digest = source::digest(&self.file)?;
        let mut lines = Lines::new(Input::open(&self.file)?, format.syntax());
        let header = match format {
            Format::Csv => header(&mut lines)?,
            Format::JsonLines => String::new(),
        };
        let services = [
            SERVICE,
            shop_catalog_contracts::SERVICE,
            shop_pricing_contracts::SERVICE,
            shop_inventory_contracts::SERVICE,
        ];
        let (json, file) = (self.json, self.file.clone());
        let told = beside::with(global, engines, &services, |running| async move {
            let outcome = match signals::listen(&running.shutdown(), |_| {}) {
                Ok(()) => self.carry_out(&running, format, header, lines, &digest).await,
                Err(error) => Err(error),
            };
            // Services that stop refuse what is still on its way; the reason is that somebody asked for it.
            let outcome = outcome.map_err(|error| stopped(&running).err().unwrap_or(error));
            (running, outcome)
        })
        .await?;
        imports::tell(&told, json, &file.display().to_string());
        Ok(if told.state == "done" && told.faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn carry_out(
        &self,
        running: &Running,
        format: Format,
        header: String,
        mut lines: Lines,
        digest: &str,
    ) -> Result<wire::v1::Import> {
        let (clock, ctx) = (Clock::system(), Context::background(CALLER));
        let mut client = running.peer(CALLER, SERVICE, ImportsClient::new)?.client();
        let on_error = match self.on_error {
            OnError::Skip => wire::OnError::Skip,
            OnError::Stop => wire::OnError::Stop,
        };
        let again = if self.again { clock.now().to_string() } else { String::new() };
        let name = format!("{digest} {} {again}", on_error.as_str_name());
        let id = Id::<wire::Import>::from_bytes(ROOT).derive::<wire::Import>(&name).to_vec();
        let source =
            self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let wire_format = match format {
            Format::Csv => wire::Format::Csv,
            Format::JsonLines => wire::Format::JsonLines,
        };
        let begin = wire::BeginRequest {
            id: id.clone(),
            source,
            on_error: on_error.into(),
            format: wire_format.into(),
            header,
        };
        let mut told = known(answer(client.begin(request(&ctx, begin)).await)?.import)?;
        if has_ended(&told) {
            output::note(&format!("{} was imported before; --again imports it anew", self.file.display()));
        }
        let bar = Bar::new();
        if told.state == "staging" {
            stage(running, &client, &ctx, &mut lines, &told, &bar).await?;
            let finish = wire::FinishRequest { id: id.clone() };
            told = known(answer(client.finish(request(&ctx, finish)).await)?.import)?;
        }
        while !has_ended(&told) {
            stopped(running)?;
            clock.sleep(ASK_EVERY).await;
            let get = wire::GetImportRequest { id: id.clone() };
            told = known(answer(client.get_import(request(&ctx, get)).await)?.import)?;
            bar.applied(&told);
        }
        Ok(told)
    }
}

fn has_ended(import: &wire::v1::Import) -> bool {
    matches!(import.state.as_str(), "done" | "stopped")
}

/// Fails once somebody asked the command to stop.
fn stopped(running: &Running) -> Result<()> {
    if running.shutdown().is_requested() {
        return Err(codes::CANCELLED.error("stopped; the same command goes on from here"));
    }
    Ok(())
}

fn header(lines: &mut Lines) -> Result<String> {
    let wrong = |why: &str| mainstay_records::codes::HEADER.error(format!("the header {why}"));
    match lines.next_line()? {
        Some(line) => line.text.map(str::to_owned).map_err(|fault| wrong(&fault.to_string())),
        None => Err(wrong("is missing: the file is empty")),
    }
}

/// Hands all lines over that are not staged yet, a few batches ahead of the answers: while one is written, the next is
/// looked into and the one after it is read.
async fn stage(
    running: &Running,
    client: &ImportsClient<Channel>,
    ctx: &Context,
    lines: &mut Lines,
    begun: &wire::v1::Import,
    bar: &Bar,
) -> Result<()> {
    let tasks = Tasks::new();
    let (mut on_their_way, mut after_line) = (VecDeque::new(), 0);
    loop {
        stopped(running)?;
        let batch = batch(lines, begun.staged_through)?;
        let is_last = batch.is_none();
        if let Some(batch) = batch {
            let last = batch.last().map_or(after_line, |line| line.number);
            let stage = wire::StageRequest { id: begun.id.clone(), lines: batch, after_line };
            let (mut client, asked) = (client.clone(), request(ctx, stage));
            let call = async move { answer(client.stage(asked).await) };
            on_their_way.push_back(tasks.spawn("import.stage", call));
            after_line = last;
        }
        while on_their_way.len() > if is_last { 0 } else { BATCHES_AHEAD } {
            let Some(first) = on_their_way.pop_front() else { break };
            let answered =
                first.join().await.ok_or_else(|| codes::INTERNAL.error("the staging broke off"))?;
            bar.staged(&known(answered?.import)?);
        }
        if is_last {
            return Ok(());
        }
    }
}

/// The next lines after those that are staged; nothing at the end of the file.
fn batch(lines: &mut Lines, staged_through: u64) -> Result<Option<Vec<wire::Line>>> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < LINES_AT_ONCE && bytes < BYTES_AT_ONCE {
        let Some(line) = lines.next_line()? else { break };
        if line.number <= staged_through {
            continue;
        }
        let (text, fault) = match line.text {
            Ok(text) => (text.to_owned(), String::new()),
            Err(fault) => (String::new(), fault.name().to_owned()),
        };
        bytes += text.len();
        batch.push(wire::Line { number: line.number, text, fault });
    }
    Ok(if batch.is_empty() { None } else { Some(batch) })
}

fn known(import: Option<wire::v1::Import>) -> Result<wire::v1::Import> {
    import.ok_or_else(|| codes::INTERNAL.error("an answer about an import without the import"))
}

/// Progress, on a terminal only.
struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self(ProgressBar::with_draw_target(None, target))
    }

    fn staged(&self, import: &wire::v1::Import) {
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} lines staged, {rate} a second {msg}")
        {
            self.0.set_style(style.with_key("rate", output::rate));
        }
        self.0.set_position(import.staged);
        self.0.set_message(unusable(import));
    }

    fn applied(&self, import: &wire::v1::Import) {
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40} {pos}/{len} lines applied, {eta} left {msg}")
        {
            self.0.set_style(style);
        }
        self.0.set_length(import.staged);
        self.0.set_position(import.applied);
        self.0.set_message(unusable(import));
    }
}

fn unusable(import: &wire::v1::Import) -> String {
    if import.faults == 0 { String::new() } else { format!("({} cannot be used)", import.faults) }
}
