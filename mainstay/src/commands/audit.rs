//! `mainstay audit`: the services' audit logs, verified, listed and exported.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use mainstay_audit::{Anchor, LINES_MAX, Line, codes::BROKEN, list, verify};
use mainstay_core::{Error, Result, codes};
use mainstay_host::{Engines, Opened, Settings};

use crate::commands::{Global, operator};
use crate::output::{self, Cell, Format, Table, Tone};

/// Where the ends of the logs are kept when no other place is named.
const ANCHORS: &str = "audit-anchors";

/// Verify, list and export the services' audit logs.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Prove that nobody changed, took out, moved or cut off a line
    Verify(Verify),
    /// List what was done, the oldest first
    List(List),
    /// Print a whole log for other tools
    Export(Export),
}

/// Prove that nobody changed, took out, moved or cut off a line.
///
/// The end of each log is added to a file of anchors, and the log is compared with all that are there. Keep that file on
/// another machine, and an old copy of the whole database is noticed too.
#[derive(Debug, Args)]
pub struct Verify {
    /// Services such as shop/orders; all when none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// The file of anchors. Default: audit-anchors in the data folder
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// List what was done, the oldest first.
#[derive(Debug, Args)]
pub struct List {
    /// The service, such as shop/orders
    #[arg(value_name = "SERVICE")]
    service: String,
    /// Go on after this line
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: i64,
    /// Lines at most
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Print a whole log for other tools.
#[derive(Debug, Args)]
pub struct Export {
    /// The service, such as shop/orders
    #[arg(value_name = "SERVICE")]
    service: String,
    /// In which form
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Form,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a head
    Csv,
}

impl Audit {
    pub async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        match self {
            Self::Verify(verify) => verify.run(global, engines).await,
            Self::List(list) => list.run(global, engines).await,
            Self::Export(export) => export.run(global, engines).await,
        }
    }
}

impl Verify {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let settings = Settings::read(&global.configuration(&[])?)?;
        let file = self.anchors.unwrap_or_else(|| settings.process.data.join(ANCHORS));
        let known = read_anchors(&file)?;
        let mut table = Table::new(&["service", "lines", "end", "verdict"]);
        let (mut broken, mut ends) = (0, String::new());
        for opened in operator::ready(global, engines, &self.services).await? {
            let anchors = known.get(opened.name).map(Vec::as_slice).unwrap_or_default();
            let found = verify(&opened.database, &operator::context(), &opened.audit, anchors).await?;
            let verdict = if found.faults.is_empty() {
                Cell::text("whole").tone(Tone::Good)
            } else {
                broken += 1;
                let faults: Vec<String> = found.faults.iter().map(ToString::to_string).collect();
                Cell::text(faults.join("; ")).tone(Tone::Bad)
            };
            if let Some(end) = &found.end
                && found.faults.is_empty()
                && !anchors.contains(end)
            {
                ends.push_str(&format!("{} {end}\n", opened.name));
            }
            table.row([
                Cell::text(opened.name),
                Cell::number(found.lines),
                Cell::optional(found.end.map(|end| end.to_string())),
                verdict,
            ]);
        }
        table.print(Format::of(self.json), "no service has a log");
        append(&file, &ends)?;
        if broken > 0 {
            return Err(BROKEN.error(format!("{broken} audit logs are not what was written")));
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let opened = operator::ready_one(global, engines, &self.service).await?;
        let mut table = Table::new(&[
            "number",
            "at",
            "actor",
            "on behalf of",
            "action",
            "subject",
            "client",
            "before",
            "after",
        ]);
        for line in page(&opened, self.after, self.limit).await? {
            table.row([
                Cell::number(line.number),
                Cell::text(line.at.to_string()),
                Cell::text(line.actor),
                Cell::optional(line.on_behalf_of),
                Cell::text(line.action),
                Cell::text(line.subject),
                Cell::optional(line.client),
                Cell::optional(line.before),
                Cell::optional(line.after),
            ]);
        }
        table.print(Format::of(self.json), "nothing was done that is logged");
        Ok(ExitCode::SUCCESS)
    }
}

impl Export {
    async fn run(self, global: &Global, engines: Engines) -> Result<ExitCode> {
        let opened = operator::ready_one(global, engines, &self.service).await?;
        if matches!(self.format, Form::Csv) {
            output::data(&format!("{}\n", CSV_HEAD.join(",")));
        }
        let mut after = 0;
        loop {
            let lines = page(&opened, after, LINES_MAX).await?;
            let Some(last) = lines.last() else { return Ok(ExitCode::SUCCESS) };
            after = last.number;
            let mut text = String::new();
            for line in &lines {
                text.push_str(&match self.format {
                    Form::Jsonl => serde_json::to_string(line).map_err(no_form)?,
                    Form::Csv => csv(line)?,
                });
                text.push('\n');
            }
            output::data(&text);
        }
    }
}

async fn page(opened: &Opened, after: i64, limit: u32) -> Result<Vec<Line>> {
    opened.database.read(&operator::context(), move |view| list(view, after, limit)).await
}

const CSV_HEAD: [&str; 12] = [
    "number",
    "at",
    "actor",
    "on_behalf_of",
    "action",
    "subject",
    "client",
    "trace",
    "before",
    "after",
    "previous",
    "hash",
];

/// One line of RFC 4180. A field that a spreadsheet would take for a formula is made text.
fn csv(line: &Line) -> Result<String> {
    let json = serde_json::to_value(line).map_err(no_form)?;
    let field = |name: &&str| {
        let text = match &json[*name] {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
        format!("\"{}\"", text.replace('"', "\"\""))
    };
    Ok(CSV_HEAD.iter().map(field).collect::<Vec<_>>().join(","))
}

fn no_form(error: serde_json::Error) -> Error {
    codes::INTERNAL.because("a line of the log has no JSON form", error)
}

/// Each line is a service's name and an anchor.
fn read_anchors(file: &Path) -> Result<BTreeMap<String, Vec<Anchor>>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(unusable(file, &error)),
    };
    let mut anchors: BTreeMap<String, Vec<Anchor>> = BTreeMap::new();
    for line in text.lines() {
        let no_anchor = || BROKEN.error(format!("{} has a line that is no anchor", file.display()));
        let (service, anchor) = line.split_once(' ').ok_or_else(no_anchor)?;
        anchors.entry(service.to_owned()).or_default().push(anchor.parse()?);
    }
    Ok(anchors)
}

fn append(file: &Path, text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(file);
    opened
        .and_then(|mut opened| opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all()))
        .map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, error: &std::io::Error) -> Error {
    codes::PRECONDITION.error(format!("the anchors' file {} cannot be used: {error}", file.display()))
}
