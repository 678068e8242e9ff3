//! Makes access tokens.

use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Account, Clock, Id, Result, Session, codes};
use mainstay_secrets::Secret;
use serde::Serialize;

use super::claims::{AccessTokenKind, Written, seconds};
use super::{ALGORITHM, LIFETIME, SigningKey, TYPE};
use crate::access_token::AccessClaims;

/// Signs for one issuer and one audience.
#[derive(Clone, Debug)]
pub struct AccessSigner {
    issuer: String,
    audience: String,
    clock: Clock,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

impl AccessSigner {
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, clock: Clock) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), clock }
    }

    /// A token for `account`, from now on for [`LIFETIME`], and what it says.
    ///
    /// # Errors
    /// `core.internal`; nothing that a caller could do.
    pub fn sign(
        &self,
        key: &SigningKey,
        account: Id<Account>,
        role: &str,
        session: Id<Session>,
    ) -> Result<(Secret<String>, AccessClaims)> {
        let now = self.clock.now().as_micros().div_euclid(1_000_000);
        let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
        let written = Written {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: account.to_string(),
            sid: session.to_string(),
            jti: Id::<AccessTokenKind>::generate(&self.clock).to_string(),
            role: role.to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(lifetime),
        };
        let claims = AccessClaims {
            account,
            role: role.to_owned(),
            session,
            issued: seconds(written.iat),
            expires: seconds(written.exp),
        };
        let header = Header { alg: ALGORITHM, typ: TYPE, kid: key.public().id() };
        let mut text = String::with_capacity(700);
        BASE64URL_NOPAD.encode_append(&json(&header)?, &mut text);
        text.push('.');
        BASE64URL_NOPAD.encode_append(&json(&written)?, &mut text);
        let signature = key.sign(text.as_bytes());
        text.push('.');
        BASE64URL_NOPAD.encode_append(&signature, &mut text);
        Ok((Secret::new(text), claims))
    }
}

fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| codes::INTERNAL.because("an access token could not be written", error))
}
