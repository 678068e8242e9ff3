//! Keys of 256 bits: derived one from the other by a label, and used to seal what a table keeps.
//!
//! Sealing is XChaCha20-Poly1305. Its 192-bit nonces are drawn at random, which needs no counter to survive a crash or
//! a restored backup; with the 96 bits of plain ChaCha20 a repeat would have to be reckoned with.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use mainstay_core::Result;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::codes::{NO_RANDOMNESS, SEAL_BROKEN};
use crate::secret::Secret;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// The first byte of sealed data, so that another way of sealing can be told apart later.
const SEALED_VERSION: u8 = 1;

/// A symmetric key. Cannot be printed; wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; KEY_BYTES]>);

impl Key {
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new random key.
    ///
    /// # Errors
    /// `secrets.no_randomness`.
    pub fn generate() -> Result<Self> {
        let mut key = Self(Zeroizing::new([0; KEY_BYTES]));
        random(key.0.as_mut())?;
        Ok(key)
    }

    /// For code that computes with the key; do not keep them.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// The key that `label` names below this one (HKDF-SHA-256). The same label gives the same key for ever; who has
    /// it can find neither this key nor that of another label.
    #[must_use]
    pub fn derive(&self, label: &str) -> Self {
        let mut derived = Self(Zeroizing::new([0; KEY_BYTES]));
        let expanded =
            Hkdf::<Sha256>::new(None, self.0.as_ref()).expand(label.as_bytes(), derived.0.as_mut());
        // HKDF gives up to 8,160 bytes; going on with a key of zeroes would be the worst of answers.
        assert!(expanded.is_ok(), "one block is within HKDF's limit");
        derived
    }

    /// Encrypts `plain` so that it opens only with this key and the same `place`, such as `shop.payments/webhook/3`:
    /// a sealed value that is copied into another row does not open there.
    ///
    /// # Errors
    /// `secrets.no_randomness`.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = XNonce::default();
        random(nonce.as_mut())?;
        let payload = Payload { msg: plain, aad: place.as_bytes() };
        let cipher = XChaCha20Poly1305::new(self.as_bytes().into());
        let text =
            cipher.encrypt(&nonce, payload).map_err(|_| SEAL_BROKEN.error("the data is too long to seal"))?;
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + text.len());
        sealed.push(SEALED_VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// What was sealed for `place`.
    ///
    /// # Errors
    /// `secrets.seal_broken` when a bit of it differs, or it belongs to another key or place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>> {
        let broken = || SEAL_BROKEN.error("sealed data does not open under this key and place");
        let (&version, rest) = sealed.split_first().ok_or_else(broken)?;
        let (nonce, text) = rest.split_at_checked(NONCE_BYTES).ok_or_else(broken)?;
        if version != SEALED_VERSION {
            return Err(broken());
        }
        let nonce = XNonce::try_from(nonce).map_err(|_| broken())?;
        let cipher = XChaCha20Poly1305::new(self.as_bytes().into());
        let payload = Payload { msg: text, aad: place.as_bytes() };
        cipher.decrypt(&nonce, payload).map(Secret::new).map_err(|_| broken())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// Fills `bytes` from the operating system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| NO_RANDOMNESS.because("no random bytes to make a key from", error))
}
