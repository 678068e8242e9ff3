//! Opaque tokens: random bytes that mean something only in the table of who made them. API keys, refresh tokens and
//! what is mailed to confirm an address are all of this form.
//!
//! The text is a mark, 32 random bytes and a check value, such as `msk_mfrggzdfmztwq2lknnwg23tpoi…`, in lower-case base
//! 32, so that a double click selects it whole and it may be read out. The mark lets a scanner find one that turned up
//! in a repository; the check value lets it, and us, tell a token from a slip or a guess without asking a table. It
//! covers the mark, so a token of one kind is none of another. What is stored is the SHA-256: there is nothing to guess in
//! 256 random bits, so a fast hash is right here, unlike for passwords.

use std::fmt;
use std::marker::PhantomData;

use data_encoding::BASE32_NOPAD;
use mainstay_secrets::Secret;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::session::Fingerprint;

const SECRET_BYTES: usize = 32;
const CHECK_BYTES: usize = 4;

/// 36 bytes in base 32.
const TEXT_BYTES: usize = 58;

/// What a token is for.
pub trait OpaqueKind {
    /// What its text begins with, ending in an underscore.
    const MARK: &'static str;
}

/// A key for programs, of somebody's account.
pub enum ApiKeyKind {}
impl OpaqueKind for ApiKeyKind {
    const MARK: &'static str = "msk_";
}

/// What a new access token is bought with, once.
pub enum RefreshKind {}
impl OpaqueKind for RefreshKind {
    const MARK: &'static str = "mrt_";
}

/// An API key.
pub type ApiKey = Opaque<ApiKeyKind>;

/// A refresh token.
pub type RefreshToken = Opaque<RefreshKind>;

/// A token of the kind `K`.
pub struct Opaque<K> {
    secret: Secret<[u8; SECRET_BYTES]>,
    kind: PhantomData<fn() -> K>,
}

impl<K: OpaqueKind> Opaque<K> {
    pub fn generate() -> Self {
        Self::from_bytes(rand::random())
    }

    /// The token of these bytes, for one that is derived from another.
    pub fn from_bytes(bytes: [u8; SECRET_BYTES]) -> Self {
        Self { secret: Secret::new(bytes), kind: PhantomData }
    }

    /// The text that its owner is given, once.
    pub fn to_text(&self) -> Zeroizing<String> {
        let secret = self.secret.expose();
        let mut bytes = Zeroizing::new([0; SECRET_BYTES + CHECK_BYTES]);
        bytes[..SECRET_BYTES].copy_from_slice(secret);
        bytes[SECRET_BYTES..].copy_from_slice(&check_value::<K>(secret));
        let mut text = Zeroizing::new(String::with_capacity(K::MARK.len() + TEXT_BYTES));
        text.push_str(K::MARK);
        BASE32_NOPAD.encode_append(bytes.as_slice(), &mut text);
        text.make_ascii_lowercase();
        text
    }

    /// Reads a token. `None` for what is none of this kind, or has a letter wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(K::MARK)?;
        let written = encoded.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'));
        if encoded.len() != TEXT_BYTES || !written {
            return None;
        }
        let upper = Zeroizing::new(encoded.to_ascii_uppercase());
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(upper.as_bytes()).ok()?);
        let (secret, check) = bytes.split_at_checked(SECRET_BYTES)?;
        let secret: [u8; SECRET_BYTES] = secret.try_into().ok()?;
        (check == check_value::<K>(&secret)).then(|| Self::from_bytes(secret))
    }

    /// What is stored and looked up.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.secret.expose())
    }

    /// The bytes, for code that seals them or derives from them.
    pub fn as_bytes(&self) -> &[u8; SECRET_BYTES] {
        self.secret.expose()
    }
}

fn check_value<K: OpaqueKind>(secret: &[u8; SECRET_BYTES]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new().chain_update(K::MARK).chain_update(secret).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

impl<K> Clone for Opaque<K> {
    fn clone(&self) -> Self {
        Self { secret: self.secret.clone(), kind: PhantomData }
    }
}

impl<K: OpaqueKind> fmt::Debug for Opaque<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", K::MARK)
    }
}
