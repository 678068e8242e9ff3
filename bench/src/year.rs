//! A real shop's year: a file of goods imported, invoices with many lines sold again through the public API, and search
//! over a catalogue of its size.

mod import;
mod replayed;
mod search;

use std::error::Error;

use clap::ValueEnum;

use crate::report::Report;

/// A part that can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    Import,
    Replayed,
    Search,
}

pub fn run(quick: bool, only: Option<Part>, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let is_wanted = |part| only.is_none_or(|only| only == part);
    if is_wanted(Part::Import) {
        import::run(quick, report)?;
    }
    if is_wanted(Part::Replayed) {
        replayed::run(quick, report)?;
    }
    if is_wanted(Part::Search) {
        search::run(quick, report)?;
    }
    Ok(())
}
