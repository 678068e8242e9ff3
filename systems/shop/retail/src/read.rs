//! Reads the file into invoices, each line judged by itself.

use std::collections::HashMap;

use mainstay_core::{Result, Timestamp, codes};
use mainstay_records::codes::HEADER;
use mainstay_records::{Header, Lines, Splitter};

use crate::article::Range;
use crate::line::{COLUMNS, Code, judge};
use crate::plan::InvoiceNumber;
use crate::refusal::Refusal;

/// Most lines of a file: a hundred times the year that this was made for, and what a few hundred megabytes hold.
pub const LINES_MAX: u64 = 50_000_000;

/// The day before which a replay stops: lines of that day and later are as if they were not in the file.
pub type Until = Timestamp;

/// An invoice as it stands in the file.
#[derive(Debug)]
pub struct Draft {
    pub number: InvoiceNumber,
    pub time: Timestamp,
    pub customer: Option<u32>,
    pub country: &'static str,
    pub items: Vec<Item>,
}

/// A line that rules 1 to 9 accept.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    pub what: What,
    pub pieces: u32,
    pub pence: i64,
    /// Its description, by its place among all.
    pub description: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A variant, by its place.
    Variant(usize),
    Carriage,
}

/// The file, read.
#[derive(Debug, Default)]
pub struct Drafts {
    pub range: Range,
    pub descriptions: Vec<String>,
    pub invoices: Vec<Draft>,
    pub lines: u64,
    pub refused: [u64; Refusal::ALL.len()],
}

/// Reads the whole file.
///
/// # Errors
/// `records.header`, those of the file as a whole, `core.invalid` for more lines than [`LINES_MAX`].
pub fn read(mut lines: Lines, until: Option<Until>) -> Result<Drafts> {
    let header = match lines.next_line()? {
        Some(line) => {
            let text = line.text.map_err(|fault| HEADER.error(format!("the header {fault}")))?;
            Header::read(text, &COLUMNS, &[])?
        }
        None => return Err(HEADER.error("the file is empty")),
    };
    let mut drafts = Drafts::default();
    let mut places: HashMap<InvoiceNumber, usize> = HashMap::new();
    let mut words: HashMap<String, u32> = HashMap::new();
    let mut splitter = Splitter::default();
    while let Some(line) = lines.next_line()? {
        if drafts.lines == LINES_MAX {
            return Err(codes::INVALID.error(format!("the file has more than {LINES_MAX} lines")));
        }
        let row =
            line.text.and_then(|text| splitter.split(text)).and_then(|row| header.fits(&row).map(|()| row));
        let judged = row.map_err(|_| Refusal::Unreadable).and_then(|row| judge(&header, &row));
        let line = match judged {
            Ok(line) => line,
            Err(refusal) => {
                drafts.lines += 1;
                drafts.refused[refusal as usize] += 1;
                continue;
            }
        };
        if until.is_some_and(|until| line.time >= until) {
            continue;
        }
        drafts.lines += 1;
        let place = *places.entry(line.invoice).or_insert_with(|| {
            drafts.invoices.push(Draft {
                number: line.invoice,
                time: line.time,
                customer: None,
                country: "",
                items: Vec::new(),
            });
            drafts.invoices.len() - 1
        });
        let invoice = &mut drafts.invoices[place];
        invoice.time = invoice.time.min(line.time);
        let content = match line.content {
            Ok(content) => content,
            Err(refusal) => {
                drafts.refused[refusal as usize] += 1;
                continue;
            }
        };
        if invoice.items.is_empty() {
            invoice.customer = content.customer;
            invoice.country = content.country;
        }
        let description = match words.get(content.description) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(drafts.descriptions.len()).unwrap_or(u32::MAX);
                words.insert(content.description.to_owned(), place);
                drafts.descriptions.push(content.description.to_owned());
                place
            }
        };
        let what = match content.code {
            Code::Article(code) => What::Variant(drafts.range.variant(code, content.pence)),
            Code::Carriage => What::Carriage,
        };
        invoice.items.push(Item { what, pieces: content.pieces, pence: content.pence, description });
    }
    Ok(drafts)
}
