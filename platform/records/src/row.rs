//! A line as CSV: fields under the columns that its header names.

use std::borrow::Cow;

use mainstay_core::Result;
use memchr::memchr;

use crate::codes::HEADER;
use crate::escape::unescape;
use crate::fault::Fault;
use crate::quotes::closing;

/// Most columns of a file; a header with more is none.
const COLUMNS_MAX: usize = 64;

/// Splits lines into fields, keeping its buffers from line to line.
#[derive(Debug, Default)]
pub struct Splitter {
    text: String,
    ends: Vec<usize>,
}

impl Splitter {
    /// The fields of a record, all of it: what cannot be read as fields is refused and never passed over.
    ///
    /// # Errors
    /// [`Fault::Fields`] when there are more than any file has, [`Fault::OpenQuote`] and [`Fault::AfterQuote`].
    pub fn split(&mut self, record: &str) -> Result<Row<'_>, Fault> {
        self.text.clear();
        self.ends.clear();
        let mut rest = (!record.is_empty()).then_some(record);
        while let Some(field) = rest {
            if self.ends.len() > COLUMNS_MAX {
                return Err(Fault::Fields);
            }
            let after = match field.strip_prefix('"') {
                Some(quoted) => {
                    let close = closing(quoted.as_bytes()).ok_or(Fault::OpenQuote)?;
                    self.add_quoted(&quoted[..close]);
                    &quoted[close + 1..]
                }
                None => {
                    let (plain, after) =
                        field.split_at(memchr(b',', field.as_bytes()).unwrap_or(field.len()));
                    self.text.push_str(plain);
                    after
                }
            };
            self.ends.push(self.text.len());
            rest = after.strip_prefix(',');
            if rest.is_none() && !after.is_empty() {
                return Err(Fault::AfterQuote);
            }
        }
        Ok(Row { text: &self.text, ends: &self.ends })
    }

    /// Adds what stands between quotes, in which two of them are one.
    fn add_quoted(&mut self, inside: &str) {
        let mut rest = inside;
        while let Some((before, after)) = rest.split_once("\"\"") {
            self.text.push_str(before);
            self.text.push('"');
            rest = after;
        }
        self.text.push_str(rest);
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
