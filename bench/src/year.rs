//! A real shop's year: a file of goods imported, and invoices with many lines sold again through the public API.

mod import;
mod replayed;

use std::error::Error;

use crate::report::Report;

pub fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    import::run(quick, report)?;
    replayed::run(quick, report)
}
