//! A line as CSV: fields under the columns that its header names.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader};
use mainstay_core::Result;

use crate::codes::HEADER;
use crate::escape::unescape;
use crate::fault::Fault;

/// Most columns of a file; a header with more is none.
const COLUMNS_MAX: usize = 64;

/// Splits lines into fields, keeping its buffers from line to line.
#[derive(Debug)]
pub struct Splitter {
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Default for Splitter {
    fn default() -> Self {
        Self { reader: Reader::new(), text: Vec::new(), ends: vec![0; COLUMNS_MAX + 1] }
    }
}

impl Splitter {
    /// The fields of a record.
    ///
    /// # Errors
    /// [`Fault::Fields`] when there are more than any file has.
    pub fn split(&mut self, line: &str) -> Result<Row<'_>, Fault> {
        // Fields are never longer than what they are written as.
        self.text.resize(line.len() + 1, 0);
        self.reader.reset();
        let (mut read, mut written, mut count) = (0, 0, 0);
        // The reader takes off a byte order mark where it begins, which is where a file does and not where each line
        // does. It looks for one in the bytes that it is given first, so it is given one.
        let mut until = line.len().min(1);
        loop {
            let (outcome, taken, put, ended) = self.reader.read_record(
                &line.as_bytes()[read..until],
                &mut self.text[written..],
                &mut self.ends[count..],
            );
            (read, written, count) = (read + taken, written + put, count + ended);
            match outcome {
                // The next call is given the rest, and the one after it nothing, which says that the record has ended.
                ReadRecordResult::InputEmpty => until = line.len(),
                ReadRecordResult::Record | ReadRecordResult::End => break,
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => return Err(Fault::Fields),
            }
        }
        let text = std::str::from_utf8(&self.text[..written]).map_err(|_| Fault::Encoding)?;
        Ok(Row { text, ends: &self.ends[..count] })
    }
}

/// The fields of one line.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The field at a place as it is written; empty beyond the last.
    pub fn raw(&self, place: usize) -> &'a str {
        let Some(&end) = self.ends.get(place) else { return "" };
        let begin = if place == 0 { 0 } else { self.ends[place - 1] };
        self.text.get(begin..end).unwrap_or_default()
    }

    /// The field at a place as it was before it was escaped.
    pub fn field(&self, place: usize) -> &'a str {
        unescape(self.raw(place))
    }
}

/// Which column stands where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    width: usize,
    // For each wanted column, its place in the file.
    places: Vec<Option<usize>>,
}

impl Header {
    /// Reads the first line of a file. Each of `required` must be there and each of `optional` may be; columns stand
    /// in any order; a column that is neither, or twice there, is refused, since a misspelt name would lose its data in
    /// silence.
    ///
    /// # Errors
    /// `records.header` naming the column.
    pub fn read(line: &str, required: &[&str], optional: &[&str]) -> Result<Self> {
        let mut splitter = Splitter::default();
        let row = splitter.split(line).map_err(|fault| HEADER.error(format!("the header {fault}")))?;
        let known = || required.iter().chain(optional);
        let mut places = vec![None; required.len() + optional.len()];
        for place in 0..row.len() {
            let name = row.raw(place).trim();
            let Some(column) = known().position(|known| *known == name) else {
                let names: Vec<&str> = known().copied().collect();
                return Err(HEADER.error(format!(
                    "the header has a column {:?}; the columns are {}",
                    shown(name),
                    names.join(", ")
                )));
            };
            if places[column].replace(place).is_some() {
                return Err(HEADER.error(format!("the header has the column {name} twice")));
            }
        }
        match required.iter().zip(&places).find(|(_, place)| place.is_none()) {
            Some((name, _)) => Err(HEADER.error(format!("the header has no column {name}"))),
            None => Ok(Self { width: row.len(), places }),
        }
    }

    /// Whether the row has a field for each column.
    ///
    /// # Errors
    /// [`Fault::Fields`].
    pub fn fits(&self, row: &Row<'_>) -> Result<(), Fault> {
        if row.len() == self.width { Ok(()) } else { Err(Fault::Fields) }
    }

    /// The field of the `column`th wanted column, as it is written; empty if the file does not have it.
    pub fn raw<'a>(&self, row: &Row<'a>, column: usize) -> &'a str {
        self.places.get(column).copied().flatten().map_or("", |place| row.raw(place))
    }

    /// The same as it was before it was escaped.
    pub fn field<'a>(&self, row: &Row<'a>, column: usize) -> &'a str {
        unescape(self.raw(row, column))
    }
}

/// Enough of a name to be found by.
fn shown(name: &str) -> Cow<'_, str> {
    const SHOWN_MAX: usize = 40;
    match name.char_indices().nth(SHOWN_MAX) {
        Some((cut, _)) => Cow::Owned(format!("{}…", &name[..cut])),
        None => Cow::Borrowed(name),
    }
}
