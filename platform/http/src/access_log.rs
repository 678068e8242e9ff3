//! The access log: a line of JSON for each request, or for a share of them, to a file or to standard output.
//!
//! A request only appends some two hundred bytes to a buffer; a thread of its own writes the buffer out every tenth of a
//! second, or when it is half full. When the disk does not keep up, lines are dropped and counted: a log must not hold up
//! what it tells about. A file that was moved away is opened anew, so that it can be rotated.
//!
//! A line has the pattern of the route and not its address, and nothing about the caller: no address, no agent, no query,
//! no header. What can be found in it is what happened, when, and in which trace.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody;
use axum::response::Response;
use data_encoding::HEXLOWER;
use http::Version;
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Clock, Result, Timestamp};
use mainstay_telemetry::Counter;
use parking_lot::{Condvar, Mutex};

use crate::options::AccessLogOptions;
use crate::visit::Visit;

/// Some ten thousand lines: what a busy second writes while the disk is held up.
const BUFFER_BYTES: usize = 2 * 1_024 * 1_024;

/// How long a line waits at the most before it is written.
const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// Looked whether the file is still where it was.
const FLUSHES_PER_LOOK: u32 = 20;

/// Where lines go.
pub(crate) struct AccessLog {
    shared: Arc<Shared>,
    clock: Clock,
    // A draw below it is logged.
    sample_below: u64,
    dropped: Counter,
    writer: Option<std::thread::JoinHandle<()>>,
}

struct Shared {
    lines: Mutex<Lines>,
    due: Condvar,
}

struct Lines {
    bytes: Vec<u8>,
    /// The second that was written last, and its text: a time is formatted once a second.
    second: i64,
    second_text: String,
    ended: bool,
}

impl AccessLog {
    /// Opens the log; `None` when there is to be none.
    ///
    /// # Errors
    /// `core.bad_configuration` when the file cannot be opened.
    pub(crate) fn open(options: &AccessLogOptions, clock: &Clock, dropped: Counter) -> Result<Option<Self>> {
        if options.file.as_os_str().is_empty() {
            return Ok(None);
        }
        let out = Out::open(&options.file).map_err(|error| {
            let file = options.file.display();
            BAD_CONFIGURATION.error(format!("http.access_log.file: {file} cannot be written: {error}"))
        })?;
        let shared = Arc::new(Shared {
            lines: Mutex::new(Lines {
                bytes: Vec::with_capacity(BUFFER_BYTES),
                second: i64::MIN,
                second_text: String::new(),
                ended: false,
            }),
            due: Condvar::new(),
        });
        let writing = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || write_out(&writing, out))
            .map_err(|error| BAD_CONFIGURATION.because("the access log's thread cannot be started", error))?;
        let share = options.sample.clamp(0.0, 1.0);
        Ok(Some(Self {
            shared,
            clock: clock.clone(),
            // A float cast saturates, so that 1.0 is everything.
            sample_below: (share * u64::MAX as f64) as u64,
            dropped,
            writer: Some(writer),
        }))
    }

    /// Adds the line of a request, unless it is one of those left out.
    pub(crate) fn line(&self, visit: &Visit, version: Version, response: &Response, elapsed: Duration) {
        // The trace's own random bits draw, so that a request is in the logs of all processes or of none.
        if (visit.trace.trace_id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) > self.sample_below {
            return;
        }
        let now = self.clock.now().as_micros();
        let mut lines = self.shared.lines.lock();
        if lines.bytes.len() > BUFFER_BYTES - 1_024 {
            drop(lines);
            self.dropped.inc();
            return;
        }
        let was_half = lines.bytes.len() > BUFFER_BYTES / 2;
        lines.time(now);
        let (bytes, mut number) = (&mut lines.bytes, itoa::Buffer::new());
        bytes.extend_from_slice(b"\",\"route\":\"");
        // Patterns are written by us; one that would break a line would break our own log only.
        bytes.extend_from_slice(visit.route_name().as_bytes());
        bytes.extend_from_slice(b"\",\"status\":");
        bytes.extend_from_slice(number.format(response.status().as_u16()).as_bytes());
        bytes.extend_from_slice(b",\"took_us\":");
        bytes.extend_from_slice(number.format(elapsed.as_micros()).as_bytes());
        if let Some(size) = response.body().size_hint().exact() {
            bytes.extend_from_slice(b",\"bytes\":");
            bytes.extend_from_slice(number.format(size).as_bytes());
        }
        bytes.extend_from_slice(if version == Version::HTTP_2 { b",\"http\":2" } else { b",\"http\":1" });
        bytes.extend_from_slice(b",\"trace\":\"");
        let mut trace = [0; 32];
        HEXLOWER.encode_mut(&visit.trace.trace_id.to_be_bytes(), &mut trace);
        bytes.extend_from_slice(&trace);
        bytes.extend_from_slice(b"\"}\n");
        let is_half = bytes.len() > BUFFER_BYTES / 2;
        drop(lines);
        if is_half && !was_half {
            self.shared.due.notify_one();
        }
    }
}

impl Lines {
    /// `{"time":"2030-01-31T12:00:00.123456Z`.
    fn time(&mut self, micros: i64) {
        let (second, rest) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        if second != self.second {
            self.second = second;
            let text = Timestamp::from_micros(second * 1_000_000).to_string();
            self.second_text = text.split('.').next().unwrap_or_default().to_owned();
        }
        self.bytes.extend_from_slice(b"{\"time\":\"");
        self.bytes.extend_from_slice(self.second_text.as_bytes());
        let mut fraction = *b".000000Z";
        let mut left = rest;
        for digit in fraction[1..7].iter_mut().rev() {
            *digit = b'0' + (left % 10) as u8;
            left /= 10;
        }
        self.bytes.extend_from_slice(&fraction);
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        self.shared.lines.lock().ended = true;
        self.shared.due.notify_one();
        if let Some(writer) = self.writer.take() {
            // What was logged is written before the process goes on to end.
            let _ = writer.join();
        }
    }
}

/// The writing thread.
fn write_out(shared: &Shared, mut out: Out) {
    let mut spare = Vec::with_capacity(BUFFER_BYTES);
    let mut flushes = 0_u32;
    loop {
        let ended = {
            let mut lines = shared.lines.lock();
            if !lines.ended && lines.bytes.len() <= BUFFER_BYTES / 2 {
                shared.due.wait_for(&mut lines, FLUSH_EVERY);
            }
            std::mem::swap(&mut lines.bytes, &mut spare);
            lines.ended
        };
        if !spare.is_empty() {
            if let Err(error) = out.write(&spare) {
                tracing::warn!(%error, "lines of the access log were lost");
            }
            spare.clear();
        }
        if ended {
            return;
        }
        flushes += 1;
        if flushes.is_multiple_of(FLUSHES_PER_LOOK) {
            out.look();
        }
    }
}

enum Out {
    Standard,
    File { path: PathBuf, file: File },
}

impl Out {
    fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("stdout") {
            return Ok(Self::Standard);
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self::File { path: path.to_owned(), file })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Standard => io::stdout().lock().write_all(bytes),
            Self::File { file, .. } => file.write_all(bytes),
        }
    }

    /// Opens the file anew when it was moved away or removed.
    fn look(&mut self) {
        let Self::File { path, file } = self else { return };
        let inode = |metadata: io::Result<std::fs::Metadata>| metadata.map(|metadata| metadata.ino()).ok();
        if inode(std::fs::metadata(&*path)) == inode(file.metadata()) {
            return;
        }
        match OpenOptions::new().create(true).append(true).open(&*path) {
            Ok(opened) => *file = opened,
            Err(error) => tracing::warn!(%error, "the access log cannot be opened anew"),
        }
    }
}
