//! `mainstay logs`: what a running process and those that send to it have logged.

use std::process::ExitCode;

use clap::Args;
use mainstay_core::Result;
use mainstay_observe::store::StoredLine;

use crate::admin::{self, Admin, At};
use crate::commands::Global;
use crate::output::{self, Cell, Format, Table, Tone};

/// Search the log of a running process.
#[derive(Debug, Args)]
pub struct Logs {
    /// Words that the message or the fields have; `check*` stands for all that begin so
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    /// Lines of this level and above: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// A service, such as shop.orders
    #[arg(long, value_name = "SERVICE")]
    service: Option<String>,
    /// What was said in one trace
    #[arg(long, value_name = "TRACE")]
    trace: Option<String>,
    /// A field, as in order.id=ord_1
    #[arg(long, value_name = "KEY=VALUE")]
    field: Option<String>,
    /// Only what came in since, as 15m or 2h
    #[arg(long, value_name = "AGO")]
    since: Option<String>,
    /// How many
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// Go on with what comes in, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

impl Logs {
    pub async fn run(self, global: &Global) -> Result<ExitCode> {
        let admin = Admin::of(&self.at, global)?;
        let query = self.query()?;
        let format = Format::of(self.json);
        if self.follow {
            admin
                .follow("/v1/logs/tail", &query, |line: StoredLine| match format {
                    Format::Json => output::data(&format!("{}\n", serde_json::json!(line))),
                    Format::Table => output::data(&one_line(&line)),
                })
                .await?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut lines: Vec<StoredLine> = admin.get("/v1/logs", &query).await?;
        // The latest stands last, where a person looks.
        lines.reverse();
        match format {
            Format::Json => {
                lines.iter().for_each(|line| output::data(&format!("{}\n", serde_json::json!(line))));
            }
            Format::Table => {
                let mut table = Table::new(&["at", "level", "service", "message", "fields"]);
                for line in lines {
                    table.row(cells(&line));
                }
                table.print(format, "no line is like that");
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn query(&self) -> Result<Vec<(&'static str, String)>> {
        let mut query = vec![("limit", self.limit.to_string())];
        let mut add = |key, value: Option<String>| query.extend(value.map(|value| (key, value)));
        add("q", (!self.words.is_empty()).then(|| self.words.join(" ")));
        add("level", self.level.clone());
        add("service", self.service.as_ref().map(|name| name.replacen('/', ".", 1)));
        add("trace", self.trace.clone());
        add("field", self.field.clone());
        add("since", self.since.as_deref().map(admin::ago).transpose()?);
        Ok(query)
    }
}

fn cells(line: &StoredLine) -> [Cell; 5] {
    let tone = match line.level.as_str() {
        "error" | "warn" => Tone::Bad,
        "info" => Tone::Good,
        _ => Tone::Quiet,
    };
    let fields: Vec<String> = line
        .fields
        .iter()
        .map(|(key, value)| {
            format!("{key}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    [
        Cell::text(line.at.to_string()).tone(Tone::Quiet),
        Cell::text(line.level.clone()).tone(tone),
        Cell::text(line.service.clone()),
        Cell::text(line.message.clone()),
        Cell::text(fields.join(" ")).tone(Tone::Quiet),
    ]
}

fn one_line(line: &StoredLine) -> String {
    let words: Vec<String> = cells(line).iter().map(|cell| cell.shown().to_owned()).collect();
    format!("{}\n", words.join("  "))
}
