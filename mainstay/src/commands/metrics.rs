//! `mainstay metrics`: figures of a running process, with their history.

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mainstay_core::Result;
use mainstay_observe::store::{Point, Series};

use crate::admin::{self, Admin, At};
use crate::commands::Global;
use crate::output::{self, Cell, Format, Table, Tone};

/// Points of the small picture in a table.
const PICTURE: usize = 24;

/// Look at the metrics of a running process and their history.
#[derive(Debug, Subcommand)]
pub enum Metrics {
    /// List the metrics that the store has
    List(List),
    /// Show the series of one metric
    Show(Show),
}

/// List the metrics that the store has.
#[derive(Debug, Args)]
pub struct List {
    /// Only names that contain this
    filter: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

/// Show the series of one metric.
#[derive(Debug, Args)]
pub struct Show {
    /// The metric, as `metrics list` shows it
    #[arg(value_name = "NAME")]
    name: String,
    /// Only series whose labels contain this, such as 'service="shop.orders"'
    #[arg(long, value_name = "TEXT")]
    labels: Option<String>,
    /// From when on, as 15m or 2h
    #[arg(long, value_name = "AGO", default_value = "15m")]
    since: String,
    /// The values themselves, also of what only grows; by default that is shown as growth a second
    #[arg(long)]
    raw: bool,
    /// One JSON object a line, with all points
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

impl Metrics {
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
        let names: BTreeMap<String, i64> = Admin::of(&self.at, global)?.get("/v1/metrics", &[]).await?;
        let mut table = Table::new(&["metric", "series"]);
        for (name, series) in names {
            if self.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str())) {
                table.row([Cell::text(name), Cell::number(series)]);
            }
        }
        table.print(Format::of(self.json), "the store has no such metric yet; it samples every ten seconds");
        Ok(())
    }
}

impl Show {
    async fn run(self, global: &Global) -> Result<()> {
        let mut query = vec![
            ("name", self.name.clone()),
            ("since", admin::ago(&self.since)?),
            ("rate", (!self.raw).to_string()),
        ];
        query.extend(self.labels.clone().map(|labels| ("labels", labels)));
        let found: Vec<Series> = Admin::of(&self.at, global)?.get("/v1/metrics/series", &query).await?;
        if self.json {
            found.iter().for_each(|series| output::data(&format!("{}\n", serde_json::json!(series))));
            return Ok(());
        }
        let mut table = Table::new(&["labels", "now", "lowest", "highest", "unit", "since then"]);
        for series in found.iter().filter(|series| !series.points.is_empty()) {
            let values = series.points.iter().map(|point| point.value);
            let unit = if series.counts && !self.raw { "a second" } else { "" };
            table.row([
                Cell::text(series.labels.clone()),
                Cell::text(series.points.last().map(|point| short(point.value)).unwrap_or_default()),
                Cell::text(short(values.clone().fold(f64::INFINITY, f64::min))),
                Cell::text(short(values.fold(f64::NEG_INFINITY, f64::max))),
                Cell::text(unit).tone(Tone::Quiet),
                Cell::text(picture(&series.points)),
            ]);
        }
        table.print(Format::Table, "no series is like that");
        Ok(())
    }
}

fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 1e9 => format!("{:.2}G", value / 1e9),
        size if size >= 1e6 => format!("{:.2}M", value / 1e6),
        size if size >= 1e4 => format!("{:.1}k", value / 1e3),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.3}"),
    }
}

/// Points as blocks from the lowest to the highest value.
fn picture(points: &[Point]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let chunk = points.len().div_ceil(PICTURE).max(1);
    let highest = |part: &[Point]| part.iter().map(|point| point.value).fold(f64::NEG_INFINITY, f64::max);
    let values: Vec<f64> = points.chunks(chunk).map(highest).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let span = (values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low).max(f64::MIN_POSITIVE);
    values.iter().map(|value| BLOCKS[(((value - low) / span * 7.0).round() as usize).min(7)]).collect()
}

#[cfg(test)]
mod tests {
    use mainstay_core::Timestamp;

    use super::*;

    #[test]
    fn a_picture_goes_from_low_to_high() {
        let points: Vec<Point> =
            (0..8).map(|n| Point { at: Timestamp::from_micros(0), value: f64::from(n) }).collect();
        assert_eq!(picture(&points), "▁▂▃▄▅▆▇█");
        assert_eq!(picture(&points[..1]), "▁");
        assert_eq!(picture(&[]), "");
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(3.0, "3"), (0.1234, "0.123"), (12_345.0, "12.3k"), (8e6, "8.00M"), (-2e9, "-2.00G")]
        {
            assert_eq!(short(value), text);
        }
    }
}
