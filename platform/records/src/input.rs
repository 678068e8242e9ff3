//! The bytes of a file: as they are, or unpacked when they are gzip, within bounds.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use mainstay_core::{Error, Result};

use crate::codes::{BOMB, CUT, UNREADABLE};
use crate::packed::{GZIP, Members};

/// Read from the disk at a time: large enough that system calls do not show, small beside everything else.
pub const CHUNK: usize = 256 * 1024;

/// How much a compressed file may unpack to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes unpacked for each byte read. Files of records shrink 5 to 50 times; deflate's worst is 1,032.
    pub ratio_max: u64,
    /// Unpacked bytes that are allowed whatever the ratio: a small file of equal lines is no attack.
    pub free_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { ratio_max: 200, free_bytes: 16 * 1024 * 1024 }
    }
}

/// A file's bytes as a stream.
pub struct Input {
    source: Source,
}

enum Source {
    Plain(BufReader<Box<dyn Read + Send>>),
    // Its state is large, and most files are plain.
    Gzip { unpacked: Box<BufReader<Members>>, out: u64, limits: Limits },
}

impl Input {
    /// Opens a file.
    ///
    /// # Errors
    /// `records.unreadable` naming it.
    pub fn open(path: &Path) -> Result<Self> {
        let unreadable = |error: io::Error| {
            UNREADABLE.because(format!("{} cannot be read: {error}", path.display()), error)
        };
        let file = File::open(path).map_err(unreadable)?;
        Self::new(file, Limits::default()).map_err(unreadable)
    }

    /// Of any source; looks at its first bytes, however few it gives at a time.
    pub fn new(mut read: impl Read + Send + 'static, limits: Limits) -> io::Result<Self> {
        let mut beginning = Vec::with_capacity(GZIP.len());
        read.by_ref().take(GZIP.len() as u64).read_to_end(&mut beginning)?;
        let is_packed = beginning == GZIP;
        let whole = Cursor::new(beginning).chain(read);
        let source = if is_packed {
            let unpacked = Box::new(BufReader::with_capacity(CHUNK, Members::new(Box::new(whole))));
            Source::Gzip { unpacked, out: 0, limits }
        } else {
            Source::Plain(BufReader::with_capacity(CHUNK, Box::new(whole)))
        };
        Ok(Self { source })
    }

    /// What is there next; empty at the end.
    ///
    /// # Errors
    /// `records.unreadable`, `records.cut`, `records.bomb`.
    pub fn peek(&mut self) -> Result<&[u8]> {
        match &mut self.source {
            Source::Plain(plain) => plain.fill_buf().map_err(broke_off),
            Source::Gzip { unpacked, out, limits } => {
                if *out > limits.free_bytes && *out / limits.ratio_max > unpacked.get_ref().taken() {
                    return Err(BOMB.error(format!(
                        "the file unpacks to more than {} times its size",
                        limits.ratio_max
                    )));
                }
                if unpacked.fill_buf().map_err(damaged)?.is_empty()
                    && !unpacked.get_mut().is_at_end().map_err(damaged)?
                {
                    return Err(CUT.error("the file has bytes after its compression that are no gzip"));
                }
                Ok(unpacked.buffer())
            }
        }
    }

    /// Goes on after `bytes` of what [`Input::peek`] showed.
    pub fn consume(&mut self, bytes: usize) {
        match &mut self.source {
            Source::Plain(plain) => plain.consume(bytes),
            Source::Gzip { unpacked, out, .. } => {
                *out += bytes as u64;
                unpacked.consume(bytes);
            }
        }
    }
}

fn broke_off(error: io::Error) -> Error {
    UNREADABLE.because(format!("reading broke off: {error}"), error)
}

fn damaged(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => CUT.because("the file ends inside its compression", error),
        // What the decoder itself says of bytes.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            CUT.because(format!("the file's compression is damaged: {error}"), error)
        }
        _ => broke_off(error),
    }
}
