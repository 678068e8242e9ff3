//! `mainstay limits`: what a running process bounds, how much of it is used, and how often it refused.

use std::process::ExitCode;

use clap::Args;
use mainstay_core::Result;
use serde_json::Value;

use crate::admin::{Admin, At};
use crate::commands::Global;
use crate::output::{Cell, Format, Table, Tone};

/// See what a running process bounds, how much of it is used, and how often it refused.
#[derive(Debug, Args)]
pub struct Limits {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

impl Limits {
    pub async fn run(self, global: &Global) -> Result<ExitCode> {
        let answer: Value = Admin::of(&self.at, global)?.get("/v1/limits", &[]).await?;
        let mut table = Table::new(&["limit", "used", "most", "refused", "key"]);
        for bound in answer["rows"].as_array().into_iter().flatten() {
            let refused = whole(&bound["refused"]);
            let tone = if bound["refused"].as_f64().is_some_and(|times| times > 0.0) {
                Tone::Bad
            } else {
                Tone::Quiet
            };
            table.row([
                Cell::optional(bound["limit"].as_str()),
                whole(&bound["used"]),
                whole(&bound["most"]),
                refused.tone(tone),
                Cell::optional(bound["key"].as_str().filter(|key| !key.is_empty())).tone(Tone::Quiet),
            ]);
        }
        table.print(Format::of(self.json), "the process tells of no bound");
        Ok(ExitCode::SUCCESS)
    }
}

/// Figures of metrics are floating and count whole things.
fn whole(figure: &Value) -> Cell {
    figure.as_f64().map_or_else(Cell::absent, |figure| Cell::number(figure as i64))
}
