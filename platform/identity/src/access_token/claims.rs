//! What an access token says.

use mainstay_core::{Account, Id, IdKind, Result, Session, Timestamp};
use serde::{Deserialize, Serialize};

use crate::codes::ACCESS_TOKEN_REFUSED;

/// Ids of single access tokens.
pub enum AccessTokenKind {}
impl IdKind for AccessTokenKind {
    const PREFIX: &'static str = "act";
}

/// The claims of an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whom it stands for.
    pub account: Id<Account>,
    /// Customer or staff, in the issuer's words.
    pub role: String,
    /// The session (the family of refresh tokens) that it came from.
    pub session: Id<Session>,
    pub issued: Timestamp,
    pub expires: Timestamp,
}

/// The claims as they are written. Times are whole seconds, as the field has it.
#[derive(Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) sid: String,
    pub(super) jti: String,
    pub(super) role: String,
    pub(super) iat: i64,
    pub(super) nbf: i64,
    pub(super) exp: i64,
}

impl Written {
    pub(super) fn read(self) -> Result<AccessClaims> {
        let malformed = |_| ACCESS_TOKEN_REFUSED.error("the access token's claims are malformed");
        Ok(AccessClaims {
            account: self.sub.parse().map_err(malformed)?,
            session: self.sid.parse().map_err(malformed)?,
            role: self.role,
            issued: seconds(self.iat),
            expires: seconds(self.exp),
        })
    }
}

/// Whole seconds as a time; what is out of range is at the end of the range.
pub(super) fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}
