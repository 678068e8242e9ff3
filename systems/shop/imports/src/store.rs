//! Every query that imports makes, on the database that it alone owns.

mod forget;
mod imports;
mod lines;

pub use forget::{aged, is_leaving, part_with_old, sweep};
pub use imports::{import, imports, insert, reasons, save};
pub use lines::{
    Page, WrittenPage, add_fault, add_page, add_units, faults, forget_staged, keep_on_page, page,
};
