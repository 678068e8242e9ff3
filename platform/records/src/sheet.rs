//! Writing records, as CSV that is safe to open or as JSON Lines.

use std::io::{self, Write};
use std::str::FromStr;

use csv::{Writer, WriterBuilder};
use mainstay_core::{Error, Result, codes};
use serde::Serializer;

use crate::codes::{CLOSED, UNREADABLE};
use crate::escape::escape;
use crate::lines::Syntax;

/// How records are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values with a header. RFC 4180.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

impl Format {
    /// How lines of it are cut.
    pub fn syntax(self) -> Syntax {
        match self {
            Self::Csv => Syntax::Csv,
            Self::JsonLines => Syntax::JsonLines,
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            _ => Err(codes::INVALID.error("a format is csv or jsonl")),
        }
    }
}

/// Rows under columns on their way into a file.
pub struct Sheet<W: Write> {
    columns: &'static [&'static str],
    form: Form<W>,
    rows: u64,
}

enum Form<W: Write> {
    Csv(Box<Writer<W>>),
    JsonLines(W),
}

impl<W: Write> Sheet<W> {
    /// Begins a file; CSV gets its header at once.
    ///
    /// # Errors
    /// `records.unreadable`, here and below, when the bytes cannot be written; `records.closed` when it is a pipe that
    /// nobody reads any more.
    pub fn new(to: W, format: Format, columns: &'static [&'static str]) -> Result<Self> {
        let form = match format {
            Format::Csv => {
                let mut writer = WriterBuilder::new().from_writer(to);
                writer.write_record(columns).map_err(unwritten)?;
                Form::Csv(Box::new(writer))
            }
            Format::JsonLines => Form::JsonLines(to),
        };
        Ok(Self { columns, form, rows: 0 })
    }

    /// Writes a row, a cell a column. In CSV every cell is escaped; in JSON nothing needs to be.
    pub fn row(&mut self, cells: &[&str]) -> Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows += 1;
        match &mut self.form {
            Form::Csv(writer) => {
                writer.write_record(cells.iter().map(|cell| escape(cell).into_owned())).map_err(unwritten)
            }
            Form::JsonLines(writer) => {
                // In the order of the columns, as a header has them.
                let mut object = serde_json::Serializer::new(&mut *writer);
                (&mut object).collect_map(self.columns.iter().zip(cells)).map_err(unwritten)?;
                writeln!(writer).map_err(unwritten)
            }
        }
    }

    /// Ends the file; how many rows it has.
    pub fn finish(self) -> Result<u64> {
        match self.form {
            Form::Csv(mut writer) => writer.flush().map_err(unwritten)?,
            Form::JsonLines(mut writer) => writer.flush().map_err(unwritten)?,
        }
        Ok(self.rows)
    }
}

fn unwritten(error: impl Into<Unwritten>) -> Error {
    let Unwritten(error) = error.into();
    match error.kind() {
        io::ErrorKind::BrokenPipe => CLOSED.because("nobody reads the file any more", error),
        _ => UNREADABLE.because(format!("the file cannot be written: {error}"), error),
    }
}

/// What broke off below either form.
struct Unwritten(io::Error);

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl From<csv::Error> for Unwritten {
    fn from(error: csv::Error) -> Self {
        let text = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self(error),
            _ => Self(io::Error::other(text)),
        }
    }
}

impl From<serde_json::Error> for Unwritten {
    fn from(error: serde_json::Error) -> Self {
        Self(error.into())
    }
}
