//! What an object on its way in is held to: the same for every engine, so it stands here once.

use mainstay_core::Result;

use crate::codes::{MISMATCH, TOO_LARGE};
use crate::digest::{Digest, Digester};

/// What the sender of an object may and did announce.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    size_max: u64,
    size_bytes: Option<u64>,
    digest: Option<Digest>,
}

impl Expected {
    /// At most so many bytes.
    pub fn at_most(size_max: u64) -> Self {
        Self { size_max, size_bytes: None, digest: None }
    }

    /// Exactly so many bytes, where that was announced.
    #[must_use]
    pub fn size(mut self, size_bytes: impl Into<Option<u64>>) -> Self {
        self.size_bytes = size_bytes.into();
        self
    }

    /// Bytes of this digest, where one was announced.
    #[must_use]
    pub fn digest(mut self, digest: impl Into<Option<Digest>>) -> Self {
        self.digest = digest.into();
        self
    }
}

/// Counts and digests an object while it comes in, and refuses what was not expected as soon as that is known.
pub struct Intake {
    expected: Expected,
    size_bytes: u64,
    digester: Digester,
}

impl Intake {
    /// # Errors
    /// `blobs.too_large` when more was announced than may come.
    pub fn begin(expected: Expected) -> Result<Self> {
        let intake = Self { expected, size_bytes: 0, digester: Digester::default() };
        if expected.size_bytes.is_some_and(|size| size > expected.size_max) {
            return Err(intake.too_large());
        }
        Ok(intake)
    }

    /// The next piece.
    ///
    /// # Errors
    /// `blobs.too_large`; `blobs.mismatch` for more than was announced.
    pub fn take(&mut self, piece: &[u8]) -> Result<()> {
        self.size_bytes = self.size_bytes.saturating_add(piece.len() as u64);
        if self.size_bytes > self.expected.size_max {
            return Err(self.too_large());
        }
        if self.expected.size_bytes.is_some_and(|announced| self.size_bytes > announced) {
            return Err(MISMATCH.error("more bytes came than were announced"));
        }
        self.digester.update(piece);
        Ok(())
    }

    /// After the last piece: the size and the digest.
    ///
    /// # Errors
    /// `blobs.mismatch` when it is shorter than announced or of another digest.
    pub fn end(self) -> Result<(u64, Digest)> {
        if self.expected.size_bytes.is_some_and(|announced| self.size_bytes != announced) {
            return Err(MISMATCH.error("fewer bytes came than were announced"));
        }
        let digest = self.digester.finish();
        if self.expected.digest.is_some_and(|announced| digest != announced) {
            return Err(MISMATCH.error("the bytes have another digest than was announced"));
        }
        Ok((self.size_bytes, digest))
    }

    fn too_large(&self) -> mainstay_core::Error {
        TOO_LARGE.error(format!("an object may have {} bytes here", self.expected.size_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(expected: Expected, pieces: &[&str]) -> Result<(u64, Digest)> {
        let mut intake = Intake::begin(expected)?;
        for piece in pieces {
            intake.take(piece.as_bytes())?;
        }
        intake.end()
    }

    #[test]
    fn what_was_announced_is_what_must_come() {
        let of = Digest::of;
        let five = Expected::at_most(5);
        for (expected, pieces, refusal) in [
            (five, vec!["he", "llo"], None),
            (five.size(5).digest(of(b"hello")), vec!["hello"], None),
            (five, vec!["hello", "!"], Some(&TOO_LARGE)),
            (five.size(6), vec![], Some(&TOO_LARGE)),
            (five.size(4), vec!["hello"], Some(&MISMATCH)),
            (five.size(5), vec!["hell"], Some(&MISMATCH)),
            (five.digest(of(b"hallo")), vec!["hello"], Some(&MISMATCH)),
        ] {
            match (outcome(expected, &pieces), refusal) {
                (Ok(found), None) => assert_eq!(found, (5, of(b"hello"))),
                (Err(error), Some(code)) => assert!(error.is(code), "{pieces:?}: {error}"),
                (found, _) => panic!("{pieces:?}: {found:?}"),
            }
        }
    }
}
