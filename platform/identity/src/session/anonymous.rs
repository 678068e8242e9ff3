//! Sessions of visitors: signed tokens, so that somebody who only looks costs no row in any table.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Clock, Error, Id, Result, Session, Timestamp};
use mainstay_secrets::{PerKey, RootKey};

use crate::codes::CREDENTIAL_REFUSED;
use crate::mac::{TAG_BYTES, Tagger};

const MARK: &str = "anon.";

const ID_BYTES: usize = 16;

/// How long a visitor is remembered: as long as a forgotten basket is worth finding again. Counted from the id, which
/// begins with the time of its making.
pub const ANONYMOUS_LIFETIME: Duration = Duration::from_secs(90 * 86_400);

/// Issues and checks the tokens of anonymous sessions: `anon.` and, in base 64 for URLs, the id and its tag.
#[derive(Clone)]
pub struct AnonymousSessions(Arc<PerKey<Tagger>>);

impl AnonymousSessions {
    pub fn new(root: &RootKey) -> Self {
        Self(Arc::new(root.derive("identity/anonymous-sessions/1").map(Tagger::new)))
    }

    /// A new session and its token.
    pub fn begin(&self, clock: &Clock) -> (Id<Session>, String) {
        let id = Id::generate(clock);
        (id, self.token(id))
    }

    /// The token of a session.
    pub fn token(&self, id: Id<Session>) -> String {
        let mut bytes = [0; ID_BYTES + TAG_BYTES];
        bytes[..ID_BYTES].copy_from_slice(id.as_bytes());
        bytes[ID_BYTES..].copy_from_slice(&self.0.now().in_use().tag(id.as_bytes()));
        let mut text = String::with_capacity(MARK.len() + BASE64URL_NOPAD.encode_len(bytes.len()));
        text.push_str(MARK);
        BASE64URL_NOPAD.encode_append(&bytes, &mut text);
        text
    }

    /// Whether a credential says that it is a visitor's.
    pub fn is_theirs(&self, text: &str) -> bool {
        text.starts_with(MARK)
    }

    /// The session that a token stands for.
    ///
    /// # Errors
    /// `identity.credential_refused`: malformed, forged, or older than [`ANONYMOUS_LIFETIME`].
    pub fn verify(&self, text: &str, clock: &Clock) -> Result<Id<Session>> {
        let encoded = text.strip_prefix(MARK).ok_or_else(refuse)?;
        // Decoding writes no more than there is room for, so a long text costs nothing.
        let mut bytes = [0; ID_BYTES + TAG_BYTES];
        if BASE64URL_NOPAD.encode_len(bytes.len()) != encoded.len()
            || BASE64URL_NOPAD.decode_mut(encoded.as_bytes(), &mut bytes).is_err()
        {
            return Err(refuse());
        }
        let (id, tag) = bytes.split_at(ID_BYTES);
        if !self.0.now().each().iter().any(|tagger| tagger.matches(id, tag)) {
            return Err(refuse());
        }
        let id = Id::try_from_slice(id)?;
        // One from the future is ours all the same: the clock was set back, and nobody loses a cart for that.
        if clock.now().since(begun(id)) > ANONYMOUS_LIFETIME {
            return Err(CREDENTIAL_REFUSED.error("the session has expired"));
        }
        Ok(id)
    }
}

/// The first 48 bits of a UUIDv7 are the milliseconds of its making.
fn begun(id: Id<Session>) -> Timestamp {
    let millis = id.as_bytes()[..6].iter().fold(0_i64, |millis, byte| millis << 8 | i64::from(*byte));
    Timestamp::from_micros(millis.saturating_mul(1_000))
}

fn refuse() -> Error {
    CREDENTIAL_REFUSED.error("the session is not one of ours")
}
