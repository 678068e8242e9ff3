//! The secret of a session: 256 random bits that only the client keeps.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use mainstay_secrets::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const SECRET_BYTES: usize = 32;

/// So that a secret that turns up in a log or a repository is recognised by a scanner.
const MARK: &str = "mss_";

/// The secret of a session. The server keeps its fingerprint, from which nobody finds the secret; there is nothing to
/// guess in 256 random bits, so a fast hash is right here, unlike for passwords.
#[derive(Clone, Debug)]
pub struct SessionSecret(Secret<[u8; SECRET_BYTES]>);

impl SessionSecret {
    pub fn generate() -> Self {
        Self(Secret::new(rand::random()))
    }

    /// The text that the client is given, once.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(MARK.len() + 43));
        text.push_str(MARK);
        BASE64URL_NOPAD.encode_append(self.0.expose(), &mut text);
        text
    }

    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.strip_prefix(MARK)?.as_bytes()).ok()?);
        Some(Self(Secret::new(bytes.as_slice().try_into().ok()?)))
    }

    /// What is stored and looked up: the secret's SHA-256.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.expose())
    }
}

/// The SHA-256 of a session's or another token's secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(secret: &[u8; SECRET_BYTES]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// As it is stored; `None` for what is not 32 bytes.
    pub fn try_from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}
