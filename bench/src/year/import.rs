//! `mainstay shop import` of a file of variants into an empty shop: from the first byte read to the last line applied, with
//! the process that does all of it, and the most memory that it ever has.

use std::error::Error;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use mainstay_core::Stopwatch;

use crate::report::{Peer, Report};

/// Lines a second and megabytes that the import is meant to reach.
const LINES_GOAL: f64 = 50_000.0;
const MEGABYTES_GOAL: f64 = 150.0;

/// Variants of a product, as in the year: 14,389 variants of 3,791 products.
const VARIANTS: u64 = 4;

/// How often the process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let lines: u64 = if quick { 200_000 } else { 541_909 };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("goods.csv");
    write(&file, lines)?;
    let watch = Stopwatch::start();
    let mut child = Command::new(std::env::current_exe()?.with_file_name("mainstay"))
        .args(["shop", "import"])
        .arg(&file)
        .args(["--on-error", "stop", "--json", "--data"])
        .arg(folder.path().join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(peak(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let elapsed = watch.elapsed();
    if !status.success() {
        return Err(format!("the import ended with {status}").into());
    }
    let goal = |name, value| Peer::Recorded { name, value };
    report.figure(
        "year",
        "import",
        lines as f64 / elapsed.as_secs_f64(),
        "lines/s",
        goal("the goal", LINES_GOAL),
    );
    report.figure(
        "year",
        "import-mb",
        peak_kib as f64 / 1_024.0,
        "MB",
        goal("the most allowed", MEGABYTES_GOAL),
    );
    Ok(())
}

fn write(path: &Path, lines: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "product,sku,name,variant,price,currency,tax_class,stock")?;
    for line in 0..lines {
        let (product, pence) = (line / VARIANTS, 1 + line % 5_000);
        let price = format!("{}.{:02}", pence / 100, pence % 100);
        writeln!(
            file,
            "thing-{product},THING-{line},A thing with number {product},size {},{price},GBP,zero,{}",
            line % VARIANTS,
            line % 300
        )?;
    }
    file.flush()
}

/// The most memory that a process ever had, in KiB; 0 once it is gone.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
