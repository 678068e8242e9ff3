//! Numbered lines of bounded length.
//!
//! In CSV a quoted field may hold a line feed, so a record goes on over the next line while a quote is open. A quote that
//! somebody forgot to close would so swallow the rest of the file; here it swallows nothing: when it is not closed within
//! the [`LINE_BYTES_MAX`] bytes of its record, or the quote that closes it has text after it, then the record is told as a
//! fault as far as the line on which the quote was opened, and reading goes on with the line after that one. So every line
//! is part of one record or of one fault. Going back costs no more than reading twice: between a quote that was opened in
//! vain and what gave it away, no line opens another one.

use mainstay_core::Result;
use memchr::memchr;

use crate::fault::Fault;
use crate::input::Input;
use crate::quotes::{Walked, walk};

/// Longest record, in bytes: a product with its description and the addresses of fifty pictures fits.
pub const LINE_BYTES_MAX: usize = 131_072;

/// Taken from the input at a time; with the longest record, all that is ever held.
const STEP: usize = 65_536;

/// UTF-8's byte order mark, which some programs put before a file.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether quotes mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// A record goes on over a line feed within quotes.
    Csv,
    /// A record is a line.
    JsonLines,
}

/// A record that has not been looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Of its first line in the file, from 1, as editors count.
    pub number: u64,
    pub text: std::result::Result<&'a str, Fault>,
}

/// Cuts an input into lines.
pub struct Lines {
    input: Input,
    syntax: Syntax,
    window: Vec<u8>,
    // Where in the window the next record begins.
    start: usize,
    number: u64,
}

/// Where a line ends.
#[derive(Clone, Copy)]
enum End {
    /// At a line feed at this place of the window.
    Feed(usize),
    /// At the end of the input, which is at this place.
    Input(usize),
    /// Too far away to be kept.
    Far,
}

/// Where a record ends, how many lines it has, and whether it can be used.
#[derive(Clone, Copy)]
struct Record {
    end: End,
    lines: u64,
    fault: Option<Fault>,
}

impl Record {
    /// Of one line.
    fn line(end: End) -> Self {
        Self { end, lines: 1, fault: None }
    }
}

impl Lines {
    pub fn new(input: Input, syntax: Syntax) -> Self {
        Self { input, syntax, window: Vec::new(), start: 0, number: 1 }
    }

    /// The next line that is not empty; `None` at the end.
    ///
    /// # Errors
    /// Those of [`Input::peek`]: of the file, not of a line.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>> {
        if self.number == 1 && self.window.is_empty() {
            self.skip_mark()?;
        }
        self.tidy();
        loop {
            let number = self.number;
            let first = self.end_of_line(self.start)?;
            let Record { end, lines, fault } = match first {
                End::Far => {
                    self.skip_line()?;
                    return Ok(Some(Line { number, text: Err(Fault::TooLong) }));
                }
                End::Input(end) if end == self.start => return Ok(None),
                End::Feed(_) | End::Input(_) if self.syntax == Syntax::JsonLines => Record::line(first),
                End::Feed(_) | End::Input(_) => self.record(first)?,
            };
            let begin = self.start;
            self.go_on(end, lines);
            if let Some(fault) = fault {
                return Ok(Some(Line { number, text: Err(fault) }));
            }
            let (End::Feed(place) | End::Input(place)) = end else { continue };
            let record = &self.window[begin..place];
            let length = record.strip_suffix(b"\r").unwrap_or(record).len();
            if length > 0 {
                return Ok(Some(Line { number, text: text(&self.window[begin..begin + length]) }));
            }
        }
    }

    /// Goes behind the end of a line.
    fn go_on(&mut self, end: End, lines: u64) {
        self.number += lines;
        self.start = match end {
            End::Feed(place) => place + 1,
            End::Input(place) => place,
            End::Far => self.start,
        };
    }

    /// The record whose first line ends at `first`.
    fn record(&mut self, first: End) -> Result<Record> {
        let (mut from, mut record) = (self.start, Record::line(first));
        let open_quote = |opened: Record| Ok(Record { fault: Some(Fault::OpenQuote), ..opened });
        // As far as the line on which the quote stands that is open.
        let mut opened = None;
        loop {
            let (End::Feed(place) | End::Input(place)) = record.end else {
                return open_quote(opened.unwrap_or(record));
            };
            match walk(&self.window[from..place], opened.is_some()) {
                Walked::Closed => return Ok(record),
                Walked::Stray { here: true } => {
                    return Ok(Record { fault: Some(Fault::AfterQuote), ..record });
                }
                Walked::Stray { here: false } => return open_quote(opened.unwrap_or(record)),
                Walked::Open { here: true } => opened = Some(record),
                Walked::Open { here: false } => {}
            }
            let End::Feed(feed) = record.end else { return open_quote(opened.unwrap_or(record)) };
            from = feed + 1;
            record.end = self.end_of_line(from)?;
            record.lines += 1;
        }
    }

    /// Where the line that begins at `from` ends, reading on as far as a record may go.
    fn end_of_line(&mut self, from: usize) -> Result<End> {
        let mut seen = from;
        loop {
            let end = memchr(b'\n', &self.window[seen..]).map(|place| seen + place);
            seen = self.window.len();
            if end.unwrap_or(seen) - self.start > LINE_BYTES_MAX {
                return Ok(End::Far);
            }
            if let Some(place) = end {
                return Ok(End::Feed(place));
            }
            if !self.read_on()? {
                return Ok(End::Input(self.window.len()));
            }
        }
    }

    /// Reads a step further; false at the end of the input. Places in the window stay what they are.
    fn read_on(&mut self) -> Result<bool> {
        let ahead = self.input.peek()?;
        let taken = ahead.len().min(STEP);
        self.window.extend_from_slice(&ahead[..taken]);
        self.input.consume(taken);
        Ok(taken > 0)
    }

    /// Passes over a line that is too long to be held.
    fn skip_line(&mut self) -> Result<()> {
        self.number += 1;
        loop {
            if let Some(place) = memchr(b'\n', &self.window[self.start..]) {
                self.start += place + 1;
                return Ok(());
            }
            self.window.clear();
            self.start = 0;
            if !self.read_on()? {
                return Ok(());
            }
        }
    }

    fn skip_mark(&mut self) -> Result<()> {
        while self.window.len() < MARK.len() && self.read_on()? {}
        if self.window.starts_with(MARK) {
            self.start = MARK.len();
        }
        Ok(())
    }

    /// Gives the room of what was read back, when there is enough of it.
    fn tidy(&mut self) {
        if self.start >= STEP {
            self.window.drain(..self.start);
            self.start = 0;
        }
    }
}

fn text(record: &[u8]) -> std::result::Result<&str, Fault> {
    if memchr(0, record).is_some() {
        return Err(Fault::Nul);
    }
    std::str::from_utf8(record).map_err(|_| Fault::Encoding)
}
