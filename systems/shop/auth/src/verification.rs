//! How an edge checks access tokens: with the public keys, which it asks for seldom, and without asking about a token.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Monotonic, Result};
use mainstay_identity::codes::ACCESS_TOKEN_REFUSED;
use mainstay_identity::{AccessClaims, AccessVerifier, Identified, VerifyingKey};
use mainstay_rpc::{Channel, Peer};
use parking_lot::Mutex;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use shop_auth_contracts::{AuthClient, GetVerificationRequest, Role};

use crate::model;
use crate::sessions::principal;
use crate::signing::LOOKED_AT_EVERY;

/// How long the keys are believed: a key that was taken away is refused after this, and the time that auth itself
/// takes to notice.
const KEYS_KEPT: Duration = LOOKED_AT_EVERY;

/// A token with an unknown key asks for the keys at most this often: otherwise tokens with invented keys would be
/// questions to auth.
const ASKED_AT_MOST_EVERY: Duration = Duration::from_secs(2);

/// Tokens whose signatures were checked already, at a quarter of a kilobyte each.
const KEPT_TOKENS: usize = 10_000;

/// Checks access tokens.
pub(crate) struct Verification {
    auth: Peer<AuthClient<Channel>>,
    clock: Clock,
    keys: Mutex<Option<Arc<Keys>>>,
    checked: Cache<[u8; 32], Arc<Checked>>,
}

struct Keys {
    asked: Monotonic,
    verifier: AccessVerifier,
    by_id: HashMap<String, VerifyingKey>,
}

struct Checked {
    key: String,
    claims: AccessClaims,
    identified: Identified,
}

impl Verification {
    pub(crate) fn new(auth: Peer<AuthClient<Channel>>, clock: Clock) -> Self {
        Self { auth, clock, keys: Mutex::default(), checked: Cache::new(KEPT_TOKENS) }
    }

    /// Whom a token stands for. Errors: `identity.access_token_refused`; what comes of asking auth for its keys.
    pub(crate) async fn check(&self, ctx: &Context, token: &str) -> Result<Identified> {
        let name: [u8; 32] = Sha256::digest(token).into();
        let keys = self.keys(ctx, KEYS_KEPT).await?;
        if let Some(checked) = self.checked.get(&name)
            && keys.by_id.contains_key(&checked.key)
        {
            keys.verifier.check_time(&checked.claims)?;
            return Ok(checked.identified.clone());
        }
        let id = AccessVerifier::key_id(token)?;
        let keys = match keys.by_id.contains_key(&id) {
            true => keys,
            // It may be new.
            false => self.keys(ctx, ASKED_AT_MOST_EVERY).await?,
        };
        let unknown =
            || ACCESS_TOKEN_REFUSED.error("the access token was signed with a key that is not ours");
        let key = keys.by_id.get(&id).ok_or_else(unknown)?;
        let claims = keys.verifier.verify(token, key)?;
        let role = match model::Role::parse(&claims.role) {
            Some(model::Role::Customer) => Role::Customer,
            Some(model::Role::Staff) => Role::Staff,
            None => Role::Unspecified,
        };
        let identified = Identified::from(principal(role, claims.account.as_bytes())?);
        let checked = Checked { key: id, claims, identified: identified.clone() };
        self.checked.insert(name, Arc::new(checked));
        Ok(identified)
    }

    /// The keys, asked for again when they are older than `kept`.
    async fn keys(&self, ctx: &Context, kept: Duration) -> Result<Arc<Keys>> {
        let now = self.clock.monotonic();
        let known = self.keys.lock().clone();
        if let Some(keys) = known
            && now.since(keys.asked) < kept
        {
            return Ok(keys);
        }
        let answer =
            self.auth.client().get_verification(mainstay_rpc::request(ctx, GetVerificationRequest {})).await;
        let answer = mainstay_rpc::answer(answer)?;
        let by_id = answer
            .public_keys
            .iter()
            .filter_map(|bytes| VerifyingKey::from_slice(bytes))
            .map(|key| (key.id().to_owned(), key))
            .collect();
        let verifier = AccessVerifier::new(answer.issuer, answer.audience, self.clock.clone());
        let keys = Arc::new(Keys { asked: now, verifier, by_id });
        *self.keys.lock() = Some(Arc::clone(&keys));
        Ok(keys)
    }
}
