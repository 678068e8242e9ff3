//! Every query that imports makes, on the database that it alone owns.

mod imports;
mod lines;

pub use imports::{import, imports, insert, reasons, save};
pub use lines::{add_fault, add_line, batch, drop_line, faults, forget_lines};
