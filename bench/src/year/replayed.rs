//! `mainstay shop replay` of invoices with many lines: complete checkouts a second, every line a call of its own.
//!
//! The real year's file is used where MAINSTAY_RETAIL_CSV names it, up to a day; else a made one with baskets as large.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::report::{Peer, Report};

/// Up to which day the real year is replayed: 1,400 lines, or 12,000.
const QUICK_UNTIL: &str = "2010-12-02";
const FULL_UNTIL: &str = "2010-12-06";

pub fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let real = std::env::var_os("MAINSTAY_RETAIL_CSV").map(PathBuf::from);
    let mut command = Command::new(std::env::current_exe()?.with_file_name("mainstay"));
    command.args(["shop", "replay", "--json", "--data"]).arg(folder.path().join("data"));
    match &real {
        Some(file) => {
            command.arg(file).args(["--until", if quick { QUICK_UNTIL } else { FULL_UNTIL }]);
        }
        None => {
            let file = folder.path().join("invoices.csv");
            make(&file, if quick { 100 } else { 600 })?;
            command.arg(file);
        }
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped()).output()?;
    let told: Value = serde_json::from_slice(&output.stdout)?;
    if !output.status.success() {
        return Err(format!("the books differ: {}", told["differences"]).into());
    }
    let figure = |name: &str| told[name].as_f64().unwrap_or_default();
    let (orders, seconds) = (told["shop"]["orders"].as_f64().unwrap_or_default(), figure("seconds"));
    report.figure("year", "replayed", orders / seconds, "checkouts/s", Peer::None);
    report.figure("year", "replayed-calls", figure("calls") / seconds, "calls/s", Peer::None);
    report.remark(&format!(
        "{} with {:.1} calls an order",
        if real.is_some() { "the real year's first days" } else { "made invoices" },
        figure("calls") / orders.max(1.0)
    ));
    Ok(())
}

/// Invoices of 1 to 51 lines, 26 on average, as the real year's.
fn make(path: &Path, invoices: u32) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country")?;
    for invoice in 0..invoices {
        for line in 0..=invoice * 7 % 51 {
            let (code, minute) = (10_000 + (invoice * 31 + line * 7) % 2_000, invoice % 60);
            writeln!(
                file,
                "{},{code},THING {code},{},2020-01-{:02} 09:{minute:02}:00,{}.25,{},United Kingdom",
                300_000 + invoice,
                1 + line % 12,
                1 + invoice / 60 % 28,
                1 + code % 9,
                1 + invoice % 97,
            )?;
        }
    }
    file.flush()
}
