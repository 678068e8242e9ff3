//! A real shop's year: a file of goods imported, invoices with many lines sold again through the public API, and search
//! over a catalogue of its size.

mod import;
mod replayed;
mod search;

use std::error::Error;

use crate::report::Report;

pub fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    import::run(quick, report)?;
    replayed::run(quick, report)?;
    search::run(quick, report)
}
