//! Key pairs of Ed25519, by their thumbprints.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Result, codes};
use mainstay_secrets::{Key, Secret};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

const KEY_BYTES: usize = 32;

/// Signs. Cannot be printed.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifyingKey,
}

impl SigningKey {
    /// A new pair, and the seed that makes it again, to be sealed.
    ///
    /// # Errors
    /// `secrets.no_randomness`.
    pub fn generate() -> Result<(Self, Secret<[u8; KEY_BYTES]>)> {
        let seed = Secret::new(*Key::generate()?.as_bytes());
        Ok((Self::from_seed(&seed)?, seed))
    }

    /// The pair of a seed.
    ///
    /// # Errors
    /// `core.internal`; no seed of this length is refused.
    pub fn from_seed(seed: &Secret<[u8; KEY_BYTES]>) -> Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose())
            .map_err(|error| codes::INTERNAL.error(format!("a signing key's seed was refused: {error}")))?;
        let public = VerifyingKey::from_slice(pair.public_key().as_ref())
            .ok_or_else(|| codes::INTERNAL.error("a signing key has no public half"))?;
        Ok(Self { pair, public })
    }

    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public.id).finish()
    }
}

/// Checks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey {
    id: String,
    bytes: [u8; KEY_BYTES],
}

impl VerifyingKey {
    /// The key of these bytes; its id follows from them.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        // RFC 7638: the required members in this order, without spaces.
        let canonical =
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL_NOPAD.encode(&bytes));
        Self { id: BASE64URL_NOPAD.encode(&Sha256::digest(canonical)), bytes }
    }

    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_bytes(bytes.try_into().ok()?))
    }

    /// The `kid`.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.bytes
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037, appendix A: a key, its thumbprint, and a signature by it.
    #[test]
    fn keys_thumbprints_and_signatures_are_those_of_the_standard() {
        let seed = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_seed(&Secret::new(seed.try_into().unwrap())).unwrap();
        let public = key.public();
        let expected = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(BASE64URL_NOPAD.encode(public.as_bytes()), expected);
        assert_eq!(public.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key.sign(message);
        let expected =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(BASE64URL_NOPAD.encode(&signature), expected);
        assert!(public.verifies(message, &signature));
        assert!(!public.verifies(b"another", &signature));
        assert!(!format!("{key:?}").contains("nWGx"));
    }
}
