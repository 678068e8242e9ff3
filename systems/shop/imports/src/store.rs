//! Every query that imports makes, on the database that it alone owns.

mod imports;
mod lines;

pub use imports::{import, imports, insert, reasons, save};
pub use lines::{
    Page, WrittenPage, add_fault, add_page, add_units, faults, forget_staged, keep_on_page, page,
};
