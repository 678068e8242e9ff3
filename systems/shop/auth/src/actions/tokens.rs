//! Access tokens for programs, and the refresh tokens that buy the next ones.
//!
//! A refresh token holds once; using it gives its successor. One that is shown again was stolen, or the answer to its use
//! was lost: nobody can tell which from the token. So there is one narrow rule for a lost answer: within
//! [`REPEAT_WITHIN`] of its use, as long as the successor was not used, a token may be shown once more and gets *the
//! same* successor again, unless the token before it needed the same. All else ends the whole family. The successor is
//! derived from the token, so that the same one can be given without being stored. A thief who follows on the owner's
//! heels is given what the owner has, once; at the next step one of the two shows a used token, and both are out.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use mainstay_audit::Entry;
use mainstay_core::{Context, Id, Result, Timestamp};
use mainstay_identity::{AccessClaims, Fingerprint, RefreshToken};
use mainstay_secrets::{Key, Secret};
use mainstay_sql::Tx;

use super::log_in::prove;
use crate::app::App;
use crate::codes;
use crate::model::{FAMILY_LIFETIME, REPEAT_WITHIN, Resolved};
use crate::store::families::{self, Stored};

/// What a program is given.
pub struct Tokens {
    pub access: Secret<String>,
    pub claims: AccessClaims,
    pub refresh: RefreshToken,
}

/// Begins a family of tokens for a password. Errors: as a login's.
pub async fn issue_tokens(
    app: &Arc<App>,
    ctx: &Context,
    email: &str,
    password: Secret<String>,
) -> Result<Tokens> {
    let proven = prove(app, ctx, email, password).await?;
    let (family, refresh) = (Id::generate(&app.clock), RefreshToken::generate());
    let resolved = Resolved { session_id: family, account_id: proven.account.id, role: proven.account.role };
    let fingerprint = refresh.fingerprint();
    let (shared, inner) = (Arc::clone(app), ctx.clone());
    app.db
        .write(ctx, move |tx| {
            proven.note(tx)?;
            let until = tx.now() + FAMILY_LIFETIME;
            families::begin(tx, family, resolved.account_id, fingerprint.as_bytes(), until)?;
            let after = serde_json::json!({"tokens": family, "expires_at": until});
            let entry = Entry::new("account.log_in", resolved.account_id.to_string()).after(&after)?;
            shared.audit.record(tx, &inner, entry)
        })
        .await?;
    sign(app, ctx, resolved, refresh).await
}

/// The next tokens for a refresh token. Errors: `auth.refresh_refused`, which for a token that was used before also ends
/// all that came from the same login.
pub async fn refresh_tokens(app: &Arc<App>, ctx: &Context, token: &str) -> Result<Tokens> {
    let refused = || codes::REFRESH_REFUSED.error("the refresh token does not hold");
    let shown = RefreshToken::parse(token).ok_or_else(refused)?;
    let mut successors = successors(app, &shown);
    let shown = shown.fingerprint();
    let fingerprints: Vec<_> = successors.iter().map(RefreshToken::fingerprint).collect();
    let (shared, inner) = (Arc::clone(app), ctx.clone());
    let outcome = app
        .db
        .write(ctx, move |tx| {
            let outcome = use_up(tx, shown.as_bytes(), &fingerprints)?;
            if let Outcome::Reused(family) = &outcome {
                let entry = Entry::new("tokens.reused", family.account_id.to_string())
                    .after(&serde_json::json!({"ended": family.session_id}))?;
                shared.audit.record(tx, &inner, entry)?;
            }
            Ok(outcome)
        })
        .await?;
    match outcome {
        Outcome::Next(resolved, place) => sign(app, ctx, resolved, successors.swap_remove(place)).await,
        Outcome::Unknown => Err(refused()),
        Outcome::Reused(resolved) => {
            tracing::warn!(
                account.id = %resolved.account_id,
                session.id = %resolved.session_id,
                "a used refresh token was shown again; its family is ended"
            );
            Err(refused())
        }
    }
}

/// Ends the family of a refresh token, used or not. Whoever shows one may; who shows none ends nothing, and is not told.
pub async fn revoke_tokens(app: &Arc<App>, ctx: &Context, token: &str) -> Result<()> {
    let Some(shown) = RefreshToken::parse(token) else { return Ok(()) };
    let shown = shown.fingerprint();
    app.db
        .write(ctx, move |tx| {
            if let Some(stored) = families::find(tx, shown.as_bytes())? {
                families::end(tx, stored.family.session_id, stored.family.account_id)?;
            }
            Ok(())
        })
        .await
}

enum Outcome {
    /// With the place of its successor.
    Next(Resolved, usize),
    Unknown,
    Reused(Resolved),
}

// In the transaction that decides, so that of two who show one token at once one is the second.
fn use_up(tx: &Tx<'_>, shown: &[u8; 32], successors: &[Fingerprint]) -> Result<Outcome> {
    let Some(stored) = families::find(tx, shown)? else { return Ok(Outcome::Unknown) };
    let family = stored.family;
    let Some(used_at) = stored.used_at else {
        families::mark_used(tx, shown)?;
        families::insert_token(tx, family.session_id, successors[0].as_bytes(), Some(shown))?;
        return Ok(Outcome::Next(family, 0));
    };
    if let Some(place) = may_repeat(tx, &stored, used_at, successors)? {
        families::mark_repeated(tx, shown)?;
        return Ok(Outcome::Next(family, place));
    }
    // Kept although the caller is refused: an error would undo it.
    families::end(tx, family.session_id, family.account_id)?;
    Ok(Outcome::Reused(family))
}

/// The place of the successor that is given once more.
fn may_repeat(
    tx: &Tx<'_>,
    stored: &Stored,
    used_at: Timestamp,
    successors: &[Fingerprint],
) -> Result<Option<usize>> {
    let lately = tx.now().since(used_at) <= REPEAT_WITHIN;
    let twice_in_a_row = match &stored.previous {
        Some(previous) => families::find(tx, previous)?.is_some_and(|token| token.repeated),
        None => false,
    };
    if !lately || stored.repeated || twice_in_a_row {
        return Ok(None);
    }
    for (place, successor) in successors.iter().enumerate() {
        if families::find(tx, successor.as_bytes())?.is_some_and(|token| token.used_at.is_none()) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// What a token's successor is under each of the keys, under the one in use first: one whose answer was lost may have been
/// derived before the keys were replaced.
fn successors(app: &App, shown: &RefreshToken) -> Vec<RefreshToken> {
    let label = format!("refresh-token/1/{}", HEXLOWER.encode(shown.as_bytes()));
    let successor = |key: &Key| RefreshToken::from_bytes(*key.derive(&label).as_bytes());
    app.refresh_keys.each().iter().map(successor).collect()
}

async fn sign(app: &Arc<App>, ctx: &Context, resolved: Resolved, refresh: RefreshToken) -> Result<Tokens> {
    let Resolved { session_id, account_id, role } = resolved;
    let sign = |key: &_| app.signer.sign(key, account_id, role.name(), session_id);
    let (access, claims) = app.signing.sign_with(ctx, sign).await?;
    Ok(Tokens { access, claims, refresh })
}
