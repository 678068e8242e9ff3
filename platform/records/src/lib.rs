//! Files of records, CSV and JSON Lines, as streams: read and written in constant memory, however long they are.
//!
//! [`Input`] is the bytes of a file, unpacked if it is compressed. [`Lines`] cuts them into numbered lines, none longer
//! than [`LINE_BYTES_MAX`]: one that is longer, is no UTF-8 or does not close its quotes is told with its number and costs
//! no memory. [`Header`] and [`Row`] read a line as CSV, [`Sheet`] writes CSV that a spreadsheet opens without running
//! anything ([`escape`]).
//!
//! What a record means is the caller's to say.

pub mod codes;
mod escape;
mod fault;
mod input;
mod lines;
mod packed;
mod quotes;
mod row;
mod sheet;

pub use codes::CODES;
pub use escape::{escape, unescape};
pub use fault::Fault;
pub use input::{Input, Limits};
pub use lines::{LINE_BYTES_MAX, Line, Lines, Syntax};
pub use row::{Header, Row, Splitter};
pub use sheet::{Format, Sheet};
