//! Checks the tokens of those who call one service.

use std::collections::HashMap;
use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Clock, Error, Result};
use mainstay_secrets::{Keys, PerKey};
use parking_lot::RwLock;

use super::keys::is_name;
use super::{CLOCK_SKEW, Claims, LIFETIME};
use crate::codes::TOKEN_REFUSED;
use crate::mac::{TAG_BYTES, Tagger};

/// Four texts of at most 255 bytes, the fixed part and the tag, in base 64; whatever is longer is nothing of ours.
const TOKEN_BYTES_MAX: usize = 1_500;

/// Checks tokens for one audience. Cheap to clone.
#[derive(Clone)]
pub struct Verifier(Arc<Parts>);

struct Parts {
    audience: String,
    key: Keys,
    clock: Clock,
    // Only callers with a valid token get in here, so it is no larger than the system has services.
    issuers: RwLock<HashMap<String, Arc<PerKey<Tagger>>>>,
}

impl Verifier {
    pub(super) fn new(audience: &str, key: Keys, clock: Clock) -> Self {
        Self(Arc::new(Parts { audience: audience.to_owned(), key, clock, issuers: RwLock::default() }))
    }

    /// What the value of an `authorization` header says, if it holds here and now.
    ///
    /// # Errors
    /// `identity.token_refused`: malformed, forged, for another service, expired, or from the future.
    pub fn verify(&self, authorization: &[u8]) -> Result<Claims> {
        let token = bearer(authorization).ok_or_else(|| refuse("the call carries no internal token"))?;
        let claims = self.check_tag(token)?;
        self.check_time(&claims)?;
        Ok(claims)
    }

    fn check_tag(&self, token: &[u8]) -> Result<Claims> {
        let malformed = || refuse("the internal token is malformed");
        if token.len() > TOKEN_BYTES_MAX {
            return Err(malformed());
        }
        let bytes = BASE64URL_NOPAD.decode(token).map_err(|_| malformed())?;
        let (signed, tag) =
            bytes.len().checked_sub(TAG_BYTES).map(|at| bytes.split_at(at)).ok_or_else(malformed)?;
        let claims = Claims::read(signed).ok_or_else(malformed)?;
        if claims.audience != self.0.audience {
            return Err(refuse("the internal token is for another service"));
        }
        let known = self.0.issuers.read().get(&claims.issuer).cloned();
        let is_new = known.is_none();
        let tagger = match known {
            Some(tagger) => tagger,
            None if is_name(&claims.issuer) => Arc::new(self.0.key.derive(&claims.issuer).map(Tagger::new)),
            None => return Err(malformed()),
        };
        if !tagger.now().each().iter().any(|tagger| tagger.matches(signed, tag)) {
            return Err(refuse("the internal token was not signed by who it names"));
        }
        if is_new {
            self.0.issuers.write().insert(claims.issuer.clone(), tagger);
        }
        Ok(claims)
    }

    fn check_time(&self, claims: &Claims) -> Result<()> {
        let now = self.0.clock.now();
        if claims.expires <= claims.issued || claims.expires.since(claims.issued) > LIFETIME {
            return Err(refuse("the internal token names a life longer than a token's"));
        }
        if claims.issued > now + CLOCK_SKEW {
            return Err(refuse("the internal token is from the future"));
        }
        if now >= claims.expires + CLOCK_SKEW {
            return Err(refuse("the internal token has expired"));
        }
        Ok(())
    }
}

/// The token of a `Bearer` value; the scheme's name is in any case, as HTTP has it.
fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = authorization.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

fn refuse(why: &'static str) -> Error {
    TOKEN_REFUSED.error(why)
}
