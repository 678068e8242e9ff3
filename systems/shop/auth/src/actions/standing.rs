//! Whether the login that a caller came with still stands, asked of the tables themselves.
//!
//! The edge believes an answer for some seconds, and an access token proves itself for minutes. That is enough for what ends
//! with the request; but what outlives it, such as an API key or a new password, must not come from a login that was ended.
//! So such actions ask again, inside the transaction that writes.

use mainstay_core::{Context, Result, codes as core_codes};
use mainstay_identity::codes::ACCESS_TOKEN_REFUSED;
use mainstay_identity::{AccessVerifier, Fingerprint, SessionSecret};
use mainstay_secrets::Secret;
use mainstay_sql::Tx;

use crate::app::App;
use crate::codes;
use crate::model::{AccountId, SessionId};
use crate::store;

/// What a caller logged in with.
#[derive(Clone, Copy, Debug)]
pub enum Standing {
    Session(Fingerprint),
    /// A program with an access token, by the family that it came from.
    Tokens(SessionId),
    /// Neither, such as a visitor or an API key.
    None,
}

impl Standing {
    /// Of the token that a request came with. Errors: `identity.access_token_refused`.
    pub async fn of(app: &App, ctx: &Context, token: Option<&Secret<String>>) -> Result<Self> {
        let Some(token) = token.map(Secret::expose) else { return Ok(Self::None) };
        if let Some(secret) = SessionSecret::parse(token) {
            return Ok(Self::Session(secret.fingerprint()));
        }
        if !AccessVerifier::resembles(token) {
            return Ok(Self::None);
        }
        // The edge checked it; but a family's name is believed of nothing whose signature was not seen here.
        let id = AccessVerifier::key_id(token)?;
        let keys = app.signing.public(ctx).await?;
        let unknown =
            || ACCESS_TOKEN_REFUSED.error("the access token was signed with a key that is not ours");
        let key = keys.iter().find(|key| key.id() == id).ok_or_else(unknown)?;
        let verifier = AccessVerifier::new(&*app.config.issuer, &*app.config.audience, app.clock.clone());
        Ok(Self::Tokens(verifier.verify(token, key)?.session))
    }

    /// Refuses a login of this account that was ended. Errors: `auth.session_unknown`; `core.unauthenticated` without a
    /// login.
    pub(super) fn require(self, tx: &Tx<'_>, account: AccountId) -> Result<()> {
        let stands = match self {
            Self::Session(fingerprint) => store::sessions::resolve(tx, fingerprint.as_bytes())?
                .is_some_and(|found| found.account_id == account),
            Self::Tokens(family) => store::families::stands(tx, family, account)?,
            Self::None => return Err(core_codes::UNAUTHENTICATED.error("log in first")),
        };
        if stands { Ok(()) } else { Err(codes::SESSION_UNKNOWN.error("the login was ended meanwhile")) }
    }
}
