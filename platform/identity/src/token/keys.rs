//! Where the keys of tokens come from.

use mainstay_core::{Clock, Result};
use mainstay_secrets::{Keys, RootKey};

use super::{Minter, Verifier};
use crate::codes::BAD_SERVICE_NAME;

/// The longest name of a service; a token has one byte for its length.
const NAME_BYTES_MAX: usize = 64;

/// The root of all token keys: held by the host of a process, which hands each service what it may have.
#[derive(Clone)]
pub struct TokenKeys(Keys);

impl TokenKeys {
    pub fn new(root: &RootKey) -> Self {
        Self(root.derive("identity/internal-tokens/1"))
    }

    /// What `issuer` needs to call `audience`.
    ///
    /// # Errors
    /// `identity.bad_service_name`.
    pub fn minter(&self, issuer: &str, audience: &str, clock: &Clock) -> Result<Minter> {
        check_name(issuer)?;
        check_name(audience)?;
        let pair = self.0.derive(audience).derive(issuer);
        Ok(Minter::new(issuer, audience, &pair, clock.clone()))
    }

    /// What `audience` needs to check who calls it.
    ///
    /// # Errors
    /// `identity.bad_service_name`.
    pub fn verifier(&self, audience: &str, clock: &Clock) -> Result<Verifier> {
        check_name(audience)?;
        Ok(Verifier::new(audience, self.0.derive(audience), clock.clone()))
    }
}

/// Shared with the verifier, which must not derive keys for whatever an attacker writes.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(allowed)
}

fn check_name(name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    Err(BAD_SERVICE_NAME.error(format!("{name:?} cannot be a service's name")))
}
