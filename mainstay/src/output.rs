//! What commands print. Data goes to stdout as a table for people or as JSON for programs; everything else goes to
//! stderr; colour appears only where a terminal shows it.

use std::fmt;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use indicatif::ProgressState;
use mainstay_core::Error;
use serde_json::{Map, Value};

const HEADING: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Columns that line up.
    Table,
    /// One JSON object a line.
    Json,
}

impl Format {
    /// From a command's `--json`.
    pub fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Table }
    }
}

/// How a cell is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    Quiet,
}

/// One value in a table.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    json: Value,
    tone: Tone,
}

impl Cell {
    /// A cell that JSON shows as text.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { json: Value::String(text.clone()), text, tone: Tone::Plain }
    }

    /// A cell that JSON shows as a number; numbers line up on the right.
    pub fn number(number: impl Into<i64>) -> Self {
        let number = number.into();
        Self { text: number.to_string(), json: number.into(), tone: Tone::Plain }
    }

    /// Nothing: a dash for people, null for programs.
    pub fn absent() -> Self {
        Self { text: "-".into(), json: Value::Null, tone: Tone::Quiet }
    }

    /// The text if there is one.
    pub fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or_else(Self::absent, Self::text)
    }

    /// What people read.
    pub fn shown(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

/// Rows under headings. JSON takes the headings, with underscores, as its keys.
#[derive(Debug)]
pub struct Table {
    headings: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
    // How wide the columns of pages are that were printed before; none before the first.
    printed: Option<Vec<usize>>,
}

impl Table {
    pub fn new(headings: &'static [&'static str]) -> Self {
        Self { headings, rows: Vec::new(), printed: None }
    }

    /// Adds a row; it has a cell for each heading.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells: Vec<Cell> = cells.into_iter().collect();
        debug_assert_eq!(cells.len(), self.headings.len());
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Prints it to stdout. When there are no rows, people read `none` on stderr instead.
    pub fn print(&self, format: Format, none: &str) {
        match format {
            Format::Json => data(&self.json()),
            Format::Table if self.is_empty() => note(none),
            Format::Table => data(&self.text()),
        }
    }

    /// Prints the rows so far and forgets them, so that a table of any length takes the memory of one page. Headings stand
    /// above the first page, and no column gets narrower after it. False when nobody reads any more.
    pub fn print_page(&mut self, format: Format) -> bool {
        let text = match format {
            Format::Json => self.json(),
            Format::Table => self.text(),
        };
        self.printed = Some(self.widths());
        self.rows.clear();
        is_read(&text)
    }

    fn json(&self) -> String {
        self.rows
            .iter()
            .map(|row| {
                let object: Map<String, Value> = self
                    .headings
                    .iter()
                    .zip(row)
                    .map(|(heading, cell)| (heading.replace(' ', "_"), cell.json.clone()))
                    .collect();
                format!("{}\n", Value::Object(object))
            })
            .collect()
    }

    fn widths(&self) -> Vec<usize> {
        let before = self.printed.as_deref().unwrap_or_default();
        self.headings
            .iter()
            .enumerate()
            .map(|(column, heading)| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let least = before.get(column).copied().unwrap_or(0);
                cells
                    .map(|cell| cell.text.chars().count())
                    .chain([heading.chars().count(), least])
                    .max()
                    .unwrap_or(0)
            })
            .collect()
    }

    fn text(&self) -> String {
        let widths = self.widths();
        let mut text = String::new();
        let last = self.headings.len().saturating_sub(1);
        if self.printed.is_none() {
            for (column, heading) in self.headings.iter().enumerate() {
                let right =
                    self.rows.iter().all(|row| row.get(column).is_some_and(|cell| cell.json.is_number()));
                pad(&mut text, heading, HEADING, widths[column], right, column == last);
            }
            text.push('\n');
        }
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                let style = match cell.tone {
                    Tone::Plain => Style::new(),
                    Tone::Good => GOOD,
                    Tone::Bad => BAD,
                    Tone::Quiet => QUIET,
                };
                pad(&mut text, &cell.text, style, widths[column], cell.json.is_number(), column == last);
            }
            text.push('\n');
        }
        text
    }
}

fn pad(text: &mut String, word: &str, style: Style, width: usize, right: bool, last: bool) {
    let gap = " ".repeat(width.saturating_sub(word.chars().count()));
    let styled = format!("{style}{word}{style:#}");
    match (right, last) {
        (true, true) => text.push_str(&format!("{gap}{styled}")),
        (true, false) => text.push_str(&format!("{gap}{styled}  ")),
        (false, true) => text.push_str(&styled),
        (false, false) => text.push_str(&format!("{styled}{gap}  ")),
    }
}

/// Prints data to stdout. A reader that has gone, such as `head`, is no fault.
pub fn data(text: &str) {
    let _is_read = is_read(text);
}

/// Prints data to stdout; whether somebody reads it.
fn is_read(text: &str) -> bool {
    let mut stdout = anstream::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_ok()
}

/// Says something to the person, on stderr.
pub fn note(sentence: &str) {
    let _ = writeln!(anstream::stderr(), "{sentence}");
}

/// Says what went wrong, on stderr.
pub fn failure(sentence: &str) {
    let _ = writeln!(anstream::stderr(), "{BAD}mainstay:{BAD:#} {sentence}");
}

/// An error as a person reads it: its sentence, its code, which scripts and searches hold on to, and its fields.
pub fn told(error: &Error) -> String {
    let mut text = format!("{} ({})", error.message(), error.code());
    for field in error.fields() {
        text.push_str(&format!("\n  {}: {}", field.path, field.message));
    }
    text
}

/// How many a second a progress bar goes forward, as a whole number.
pub fn rate(state: &ProgressState, shown: &mut dyn fmt::Write) {
    // Writing to a line of the terminal's cannot be helped when it fails.
    let _ = write!(shown, "{:.0}", state.per_sec());
}

/// A heading within a longer text for people.
pub fn heading(text: &str) -> String {
    format!("{HEADING}{text}{HEADING:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["service", "parked keys", "why"]);
        table.row([Cell::text("shop.orders"), Cell::number(7), Cell::text("slow")]);
        table.row([Cell::text("shop.cart"), Cell::number(12), Cell::absent()]);
        table
    }

    #[test]
    fn people_read_columns() {
        let plain = anstream::adapter::strip_str(&table().text()).to_string();
        assert_eq!(
            plain,
            "service      parked keys  why\nshop.orders            7  slow\nshop.cart             12  -\n"
        );
    }

    #[test]
    fn a_later_page_stands_under_the_headings_of_the_first() {
        let mut table = table();
        assert!(table.print_page(Format::Table));
        assert!(table.is_empty());
        table.row([Cell::text("auth"), Cell::number(3), Cell::absent()]);
        let plain = anstream::adapter::strip_str(&table.text()).to_string();
        assert_eq!(plain, "auth                   3  -\n");
    }

    #[test]
    fn programs_read_lines() {
        let text = table().json();
        assert_eq!(text.matches('\n').count(), 2, "an object is a line: {text}");
        // The order of keys says nothing.
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines,
            [
                serde_json::json!({"service": "shop.orders", "parked_keys": 7, "why": "slow"}),
                serde_json::json!({"service": "shop.cart", "parked_keys": 12, "why": null}),
            ]
        );
    }
}
