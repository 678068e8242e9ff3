//! API keys: for programs of an account's owner, each for some things and not for others.
//!
//! A key is told once and kept as its hash. Rotating makes the next one with the same name and scopes, and lets the old one
//! hold for a day. No key makes, sees or ends keys: that takes a login.

use std::sync::Arc;
use std::time::Duration;

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_core::{Context, Id, Result, Timestamp};
use mainstay_identity::ApiKey;
use mainstay_sql::Tx;
use shop_access_contracts::{ACCOUNT_MANAGE, CREDENTIALS_RESOLVE};

use super::Standing;
use crate::app::App;
use crate::codes;
use crate::model::api_key::{self, HINT_CHARS, Known, MAX_API_KEYS, OVERLAP, StoredKey};
use crate::model::{AccountId, ApiKeyId};
use crate::store;

/// A key that was just made: the text is told once.
pub struct NewKey {
    pub key: ApiKey,
    pub stored: StoredKey,
}

/// Makes a key. Errors: `core.unauthenticated`, `core.forbidden` for a key that makes keys, `auth.session_unknown` for a
/// caller who was logged out, `core.invalid`, `auth.too_many_api_keys`.
pub async fn create_api_key(
    app: &Arc<App>,
    ctx: &Context,
    by: Standing,
    name: &str,
    scopes: &[String],
    days: Option<u32>,
) -> Result<NewKey> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    let (name, scopes) = api_key::check(name, scopes, days)?;
    let now = app.clock.now();
    let expires_at = days.map(|days| now + Duration::from_secs(u64::from(days) * 24 * 3600));
    let key = ApiKey::generate();
    let stored = StoredKey {
        id: Id::generate(&app.clock),
        name,
        hint: key.to_text().chars().take(HINT_CHARS).collect(),
        scopes,
        created_at: now,
        expires_at,
        last_used_day: None,
    };
    let (shared, inner, made, fingerprint) =
        (Arc::clone(app), ctx.clone(), stored.clone(), key.fingerprint());
    let write = move |tx: &Tx<'_>| {
        by.require(tx, account)?;
        refuse_too_many(tx, account)?;
        store::api_keys::insert(tx, account, &made, fingerprint.as_bytes())?;
        record(&shared, tx, &inner, "api_key.create", &made)
    };
    app.db.write(ctx, write).await?;
    Ok(NewKey { key, stored })
}

/// The caller's keys, without what would let somebody use them. Errors: as [`create_api_key`].
pub async fn list_api_keys(app: &Arc<App>, ctx: &Context) -> Result<Vec<StoredKey>> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    app.db.read(ctx, move |view| store::api_keys::list(view, account)).await
}

/// Makes the next key of one; the old one holds for a day more. Errors: as [`create_api_key`];
/// `auth.unknown_api_key`, also for another's.
pub async fn rotate_api_key(app: &Arc<App>, ctx: &Context, by: Standing, id: ApiKeyId) -> Result<NewKey> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    let (key, fresh) = (ApiKey::generate(), Id::generate(&app.clock));
    let hint: String = key.to_text().chars().take(HINT_CHARS).collect();
    let (shared, inner, fingerprint) = (Arc::clone(app), ctx.clone(), key.fingerprint());
    let write = move |tx: &Tx<'_>| {
        by.require(tx, account)?;
        let old = store::api_keys::find(tx, account, id)?.ok_or_else(unknown)?;
        refuse_too_many(tx, account)?;
        let lifetime = old.expires_at.map(|until| until.since(old.created_at));
        let next = StoredKey {
            id: fresh,
            hint: hint.clone(),
            created_at: tx.now(),
            expires_at: lifetime.map(|lifetime| tx.now() + lifetime),
            last_used_day: None,
            ..old
        };
        store::api_keys::insert(tx, account, &next, fingerprint.as_bytes())?;
        store::api_keys::end_at(tx, account, id, tx.now() + OVERLAP)?;
        record(&shared, tx, &inner, "api_key.rotate", &next)?;
        Ok(next)
    };
    let stored = app.db.write(ctx, write).await?;
    Ok(NewKey { key, stored })
}

/// Ends a key at once. Errors: as [`create_api_key`]; `auth.unknown_api_key`, also for another's.
pub async fn revoke_api_key(app: &Arc<App>, ctx: &Context, by: Standing, id: ApiKeyId) -> Result<()> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    let (shared, inner) = (Arc::clone(app), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        by.require(tx, account)?;
        let fingerprint = store::api_keys::delete(tx, account, id)?.ok_or_else(unknown)?;
        shared.remembered.api_key_ends(fingerprint);
        shared.audit.record(tx, &inner, Entry::new("api_key.revoke", id.to_string()))
    };
    app.db.write(ctx, write).await
}

/// Whose key has this SHA-256, and what it is for. That it was used is noted once a day. Errors: `auth.api_key_unknown`.
pub async fn resolve_api_key(app: &Arc<App>, ctx: &Context, fingerprint: Vec<u8>) -> Result<Known> {
    app.access.require(ctx, CREDENTIALS_RESOLVE, Relation::Other)?;
    let known = app
        .db
        .read(ctx, move |view| store::api_keys::resolve(view, &fingerprint))
        .await?
        .ok_or_else(|| codes::API_KEY_UNKNOWN.error("the key is over or was never there"))?;
    let (id, today) = (known.id, api_key::day(app.clock.now()));
    if known.last_used_day != Some(today) {
        app.db.write(ctx, move |tx| store::api_keys::set_last_used(tx, id, today)).await?;
    }
    Ok(known)
}

fn refuse_too_many(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    if store::api_keys::list(tx, account)?.len() < MAX_API_KEYS {
        return Ok(());
    }
    Err(codes::TOO_MANY_API_KEYS.error(format!("there are {MAX_API_KEYS} keys already")))
}

fn record(app: &App, tx: &Tx<'_>, ctx: &Context, action: &'static str, key: &StoredKey) -> Result<()> {
    let scopes: Vec<&str> = key.scopes.iter().collect();
    let until: Option<Timestamp> = key.expires_at;
    let after = serde_json::json!({"name": key.name, "scopes": scopes, "expires_at": until});
    app.audit.record(tx, ctx, Entry::new(action, key.id.to_string()).after(&after)?)
}

fn unknown() -> mainstay_core::Error {
    codes::UNKNOWN_API_KEY.error("there is no such key of yours")
}
