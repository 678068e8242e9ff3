//! What gzip unpacks to: all members of a file, one after the other.
//!
//! A decoder that meets damage keeps to itself what it had unpacked in the same step. Steps that follow the source would
//! so tell more of a damaged file the slower it arrives; here they are whole blocks, wherever the bytes come from.

use std::io::{self, BufRead, Read};
use std::mem;

use flate2::bufread::GzDecoder;

use crate::input::CHUNK;

/// What gzip begins with. RFC 1952, 2.3.1.
pub const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The unpacked bytes.
pub struct Members {
    decoder: GzDecoder<Blocks>,
}

impl Members {
    pub fn new(source: Box<dyn Read + Send>) -> Self {
        Self { decoder: GzDecoder::new(Blocks::new(source)) }
    }

    /// How many compressed bytes were used.
    pub fn taken(&self) -> u64 {
        self.decoder.get_ref().taken
    }

    /// Whether nothing comes after the last member, once it was read.
    pub fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.decoder.get_mut().ahead(1)?.is_empty())
    }
}

impl Read for Members {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoder.read(buffer)?;
            if read > 0 || !self.decoder.get_mut().ahead(GZIP.len())?.starts_with(&GZIP) {
                return Ok(read);
            }
            let rest = mem::replace(self.decoder.get_mut(), Blocks::new(Box::new(io::empty())));
            self.decoder.reset(rest);
        }
    }
}

/// The compressed bytes, which arrive in whole blocks and are counted as they are used.
struct Blocks {
    source: Box<dyn Read + Send>,
    block: Vec<u8>,
    place: usize,
    taken: u64,
}

impl Blocks {
    fn new(source: Box<dyn Read + Send>) -> Self {
        Self { source, block: Vec::new(), place: 0, taken: 0 }
    }

    /// What comes next, at least so many bytes of it unless the source ends before.
    fn ahead(&mut self, least: usize) -> io::Result<&[u8]> {
        if self.block.len() - self.place < least {
            self.block.drain(..self.place);
            self.place = 0;
            self.source.by_ref().take(CHUNK as u64).read_to_end(&mut self.block)?;
        }
        Ok(&self.block[self.place..])
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.ahead(1)?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Blocks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.ahead(1)
    }

    fn consume(&mut self, bytes: usize) {
        self.place += bytes;
        self.taken += bytes as u64;
    }
}
