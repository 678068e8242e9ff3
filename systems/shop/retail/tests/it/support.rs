//! Files made by hand, and the plan of a file.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use mainstay_records::{Input, Limits, Lines, Syntax};
use shop_retail::Plan;

pub const HEADER: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

/// The plan of these lines under the header.
pub fn plan(lines: &[&str]) -> Plan {
    let file = format!("{HEADER}\n{}\n", lines.join("\n"));
    plan_of(file.into_bytes()).unwrap()
}

pub fn plan_of(bytes: Vec<u8>) -> mainstay_core::Result<Plan> {
    let input = Input::new(Cursor::new(bytes), Limits::default()).unwrap();
    Plan::read(Lines::new(input, Syntax::Csv), None)
}

/// The file with every kind of dirt.
pub fn dirty() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dirty.csv")
}
