//! The disk's own speed: records appended to a plain file and synced, nothing else.

use std::fs::File;
use std::io::{Result, Write};
use std::path::Path;
use std::time::Duration;

use mainstay_core::Stopwatch;

/// What an event of 256 bytes takes with a header as small as one can be.
const RECORD_BYTES: usize = 272;

/// Records a second that reach the disk when every `records_per_sync` of them share one `fdatasync`.
pub fn append_and_sync(folder: &Path, records_per_sync: usize, duration: Duration) -> Result<f64> {
    let path = folder.join("append");
    let mut file = File::create(&path)?;
    let batch = vec![0x5a; RECORD_BYTES * records_per_sync];
    let watch = Stopwatch::start();
    let mut records = 0usize;
    while watch.elapsed() < duration {
        file.write_all(&batch)?;
        file.sync_data()?;
        records += records_per_sync;
    }
    let rate = records as f64 / watch.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
