//! HMAC-SHA-256 with the key's part computed once.

use hmac::{Hmac, KeyInit, Mac};
use mainstay_secrets::Key;
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a full tag.
pub(crate) const TAG_BYTES: usize = 32;

const BLOCK_BYTES: usize = 64;

/// Makes and checks tags under one key. Cloning the inner state for each message saves two of its five blocks.
#[derive(Clone)]
pub(crate) struct Tagger(Hmac<Sha256>);

impl Tagger {
    pub(crate) fn new(key: &Key) -> Self {
        // HMAC fills a key up to the hash's block with zeroes; done here, the type knows that it fits.
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        block[..key.as_bytes().len()].copy_from_slice(key.as_bytes());
        Self(Hmac::<Sha256>::new((&*block).into()))
    }

    pub(crate) fn tag(&self, message: &[u8]) -> [u8; TAG_BYTES] {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Whether `tag` is the message's, in a time that does not depend on where they differ.
    pub(crate) fn matches(&self, message: &[u8], tag: &[u8]) -> bool {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.verify_slice(tag).is_ok()
    }
}
