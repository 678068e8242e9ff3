//! What a browser or a program shows to say who it is: a session's secret, or an anonymous session's token.

mod anonymous;
mod secret;

use mainstay_core::{Clock, Id, Result, Session};

pub use anonymous::{ANONYMOUS_LIFETIME, AnonymousSessions};
pub use secret::{Fingerprint, SessionSecret};

use crate::access_token::AccessVerifier;
use crate::codes::CREDENTIAL_REFUSED;
use crate::opaque::{ApiKey, ApiKeyKind, OpaqueKind};

/// A credential whose form is right. A secret still has to be looked up.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A visitor; checked already, since the token proves itself.
    Anonymous(Id<Session>),
    /// Somebody who logged in, if the secret's fingerprint is known.
    Secret(SessionSecret),
    /// A program of somebody's, if the key's fingerprint is known.
    ApiKey(ApiKey),
    /// What looks like an access token; its signature is still to be checked.
    AccessToken,
}

impl Credential {
    /// Reads the value of the `session` cookie or of a `Bearer` header.
    ///
    /// # Errors
    /// `identity.credential_refused`: malformed, forged or expired.
    pub fn read(text: &str, anonymous: &AnonymousSessions, clock: &Clock) -> Result<Self> {
        if anonymous.is_theirs(text) {
            return anonymous.verify(text, clock).map(Self::Anonymous);
        }
        if text.starts_with(ApiKeyKind::MARK) {
            // A key with a letter wrong is told at once, and costs no look-up.
            let key = ApiKey::parse(text);
            return key.map(Self::ApiKey).ok_or_else(|| CREDENTIAL_REFUSED.error("this is not an API key"));
        }
        if AccessVerifier::resembles(text) {
            return Ok(Self::AccessToken);
        }
        let secret = SessionSecret::parse(text);
        secret.map(Self::Secret).ok_or_else(|| CREDENTIAL_REFUSED.error("this is not a session"))
    }
}
