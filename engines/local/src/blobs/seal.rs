//! The end of an object's file: its digest, its size, and a mark. One file and one rename, so the bytes and what is said
//! of them cannot be apart; a file that a disk cut off has no seal.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use mainstay_blobs::Digest;

/// Says that it is a seal, and of which form.
const MARK: [u8; 8] = *b"mainblb1";

const SEAL_BYTES: usize = 32 + 8 + MARK.len();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) size_bytes: u64,
    pub(super) digest: Digest,
}

impl Seal {
    pub(super) fn bytes(&self) -> [u8; SEAL_BYTES] {
        let mut bytes = [0; SEAL_BYTES];
        bytes[..32].copy_from_slice(self.digest.as_bytes());
        bytes[32..40].copy_from_slice(&self.size_bytes.to_le_bytes());
        bytes[40..].copy_from_slice(&MARK);
        bytes
    }

    /// That of a file of this length; nothing when it has none that fits.
    pub(super) fn read(file: &File, length: u64) -> io::Result<Option<Self>> {
        let Some(size) = Self::size_of(length) else { return Ok(None) };
        let mut bytes = [0; SEAL_BYTES];
        file.read_exact_at(&mut bytes, size)?;
        let (digest, rest) = bytes.split_at(32);
        let (Ok(digest), Ok(told)) = (digest.try_into(), rest[..8].try_into()) else { return Ok(None) };
        let seal = Self { size_bytes: u64::from_le_bytes(told), digest: Digest::from_bytes(digest) };
        Ok((rest[8..] == MARK && seal.size_bytes == size).then_some(seal))
    }

    /// The size of the object in a file of this length.
    pub(super) fn size_of(length: u64) -> Option<u64> {
        length.checked_sub(SEAL_BYTES as u64)
    }
}
