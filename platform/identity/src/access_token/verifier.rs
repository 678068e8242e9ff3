//! Checks access tokens.

use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Clock, Error, Result};
use serde::Deserialize;

use super::claims::{Written, seconds};
use super::{ALGORITHM, AccessClaims, CLOCK_SKEW, LIFETIME, TYPE, VerifyingKey};
use crate::codes::ACCESS_TOKEN_REFUSED;

/// Ours are about 600 bytes; whatever is longer is nothing of ours, and is not decoded.
const TOKEN_BYTES_MAX: usize = 2_048;

/// What every access token begins with: base 64 of `{"`.
const BEGINNING: &str = "eyJ";

/// Checks tokens of one issuer for one audience.
#[derive(Clone, Debug)]
pub struct AccessVerifier {
    issuer: String,
    audience: String,
    clock: Clock,
}

/// The header. A member that is not known here is refused where it is critical (RFC 7515) and ignored elsewhere; none
/// of those that name or carry a key is ever looked at.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

/// A token whose form is right, taken apart. Nothing of it is true yet.
struct Parts<'a> {
    header: Header,
    signed: &'a str,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl AccessVerifier {
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, clock: Clock) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), clock }
    }

    /// Whether a text may be an access token, by its first letters.
    pub fn resembles(text: &str) -> bool {
        text.starts_with(BEGINNING)
    }

    /// The id of the key that a token says it was signed with, to find the key; nothing else may be made of it.
    ///
    /// # Errors
    /// `identity.access_token_refused`: malformed, or of another algorithm or type.
    pub fn key_id(token: &str) -> Result<String> {
        Ok(take_apart(token)?.header.kid)
    }

    /// What the token says, if it holds here and now.
    ///
    /// # Errors
    /// `identity.access_token_refused`: malformed, of another algorithm or type, signed with another key than `key`,
    /// by another issuer, for another audience, expired, not valid yet, or made for longer than a token may live.
    pub fn verify(&self, token: &str, key: &VerifyingKey) -> Result<AccessClaims> {
        let parts = take_apart(token)?;
        if parts.header.kid != key.id() || !key.verifies(parts.signed.as_bytes(), &parts.signature) {
            return Err(refuse("the access token was not signed by us"));
        }
        let written: Written = serde_json::from_slice(&parts.claims)
            .map_err(|_| refuse("the access token's claims are malformed"))?;
        if written.iss != self.issuer {
            return Err(refuse("the access token is another issuer's"));
        }
        if written.aud != self.audience {
            return Err(refuse("the access token is for another audience"));
        }
        let not_before = seconds(written.nbf);
        let claims = written.read()?;
        self.check_time(&claims)?;
        if not_before > self.clock.now() + CLOCK_SKEW {
            return Err(refuse("the access token is not valid yet"));
        }
        Ok(claims)
    }

    /// Whether claims that were true once still are: for those that are remembered.
    ///
    /// # Errors
    /// `identity.access_token_refused`.
    pub fn check_time(&self, claims: &AccessClaims) -> Result<()> {
        let now = self.clock.now();
        if claims.expires <= claims.issued || claims.expires.since(claims.issued) > LIFETIME {
            return Err(refuse("the access token names a life longer than a token's"));
        }
        if claims.issued > now + CLOCK_SKEW {
            return Err(refuse("the access token is not valid yet"));
        }
        if now >= claims.expires + CLOCK_SKEW {
            return Err(refuse("the access token has expired"));
        }
        Ok(())
    }
}

fn take_apart(token: &str) -> Result<Parts<'_>> {
    let malformed = || refuse("the access token is malformed");
    if token.len() > TOKEN_BYTES_MAX {
        return Err(malformed());
    }
    let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| malformed());
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed())?;
    if header.alg != ALGORITHM || header.typ != TYPE || header.crit.is_some() {
        return Err(refuse("the access token is of another algorithm or type"));
    }
    Ok(Parts { header, signed, claims: decode(claims)?, signature: decode(signature)? })
}

fn refuse(why: &'static str) -> Error {
    ACCESS_TOKEN_REFUSED.error(why)
}
