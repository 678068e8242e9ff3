//! A password that is changed: by somebody who knows the old one, or by somebody who reads the mailbox.
//!
//! Either way everybody who was logged in is logged out, and the mailbox is told. Who reads the mailbox may have lost the
//! account to somebody who made API keys, so those end with a reset; who knows the old password keeps their programs going.

use std::sync::Arc;

use mainstay_audit::Entry;
use mainstay_core::{Context, Id, Result, codes as core_codes};
use mainstay_secrets::Secret;
use mainstay_sql::Tx;
use shop_access_contracts::ACCOUNT_MANAGE;

use super::Standing;
use super::log_in::{LoggedInSession, open_session, prove};
use crate::app::App;
use crate::codes;
use crate::guesses;
use crate::letters::Letter;
use crate::model::{self, AccountId, Email, RESET_WITHIN};
use crate::store;
use crate::tokens::ResetToken;

/// Mails what sets the password anew, if the address has an account; only its mailbox learns. Errors: `core.invalid`
/// for what is no address.
pub async fn request_reset(app: &Arc<App>, ctx: &Context, email: &str) -> Result<()> {
    let email = Email::parse(email)?;
    let (token, mail) = (ResetToken::generate(), Id::generate(&app.clock));
    let letter = app.letters.reset(&token)?;
    let (shared, inner) = (Arc::clone(app), ctx.clone());
    app.db
        .write(ctx, move |tx| {
            let account = store::accounts::by_email(tx, &email)?.map(|(account, _)| account.id);
            let may = guesses::may_mail(tx, email.as_str())?;
            store::resets::insert(tx, token.fingerprint().as_bytes(), account, tx.now() + RESET_WITHIN)?;
            let letter = if may && account.is_some() { letter.clone() } else { Letter::Nothing };
            shared.letters.post(tx, &inner, mail, email.as_str(), letter)
        })
        .await
}

/// Sets the password anew. Errors: `core.invalid` for a password that is too short; `auth.link_refused`;
/// `core.overloaded`.
pub async fn reset(app: &Arc<App>, ctx: &Context, token: &str, password: Secret<String>) -> Result<()> {
    model::check_new_password(&password)?;
    // Also for a token that is none: what a guess costs does not tell how near it was.
    let record = app.passwords.hash(password).await?;
    let token = ResetToken::parse(token).map(|token| token.fingerprint());
    let (shared, inner, mail) = (Arc::clone(app), ctx.clone(), Id::generate(&app.clock));
    app.db
        .write(ctx, move |tx| {
            let account = match &token {
                Some(token) => store::resets::take(tx, token.as_bytes())?,
                None => None,
            };
            let Some(account) = account else {
                return Err(codes::LINK_REFUSED.error("there is no such reset"));
            };
            replace(&shared, tx, &inner, account, &record)?;
            for (fingerprint, key) in store::api_keys::delete_all(tx, account)? {
                shared.remembered.api_key_ends(fingerprint);
                shared.audit.record(tx, &inner, Entry::new("api_key.revoke", key.to_string()))?;
            }
            tell(&shared, tx, &inner, account, mail, Letter::PasswordChanged { anew: true })
        })
        .await
}

/// Changes the caller's own password, and gives a new session for the one that they came with. Errors:
/// `core.unauthenticated`, `auth.session_unknown` for a caller who was logged out, `core.invalid`, `auth.wrong_login`,
/// `auth.slow_down`, `core.overloaded`.
pub async fn change(
    app: &Arc<App>,
    ctx: &Context,
    by: Standing,
    old: Secret<String>,
    new: Secret<String>,
) -> Result<LoggedInSession> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    model::check_new_password(&new)?;
    let (email, _) = app
        .db
        .read(ctx, move |view| store::accounts::login_of(view, account))
        .await?
        .ok_or_else(|| core_codes::UNAUTHENTICATED.error("the account is gone"))?;
    let proven = prove(app, ctx, &email, old).await?;
    let record = app.passwords.hash(new).await?;
    let begun = LoggedInSession::new(app, proven.account.clone());
    let (shared, inner, mail, session) =
        (Arc::clone(app), ctx.clone(), Id::generate(&app.clock), begun.clone());
    app.db
        .write(ctx, move |tx| {
            by.require(tx, account)?;
            proven.note(tx)?;
            replace(&shared, tx, &inner, account, &record)?;
            tell(&shared, tx, &inner, account, mail, Letter::PasswordChanged { anew: false })?;
            open_session(&shared, tx, &inner, &session, None)
        })
        .await?;
    Ok(begun)
}

fn replace(app: &App, tx: &Tx<'_>, ctx: &Context, account: AccountId, record: &str) -> Result<()> {
    store::accounts::set_password(tx, account, record)?;
    app.audit.record(tx, ctx, Entry::new("account.password_change", account.to_string()))?;
    let sessions = store::sessions::end_all(tx, account)?;
    sessions.into_iter().for_each(|ended| app.remembered.session_ends(ended));
    store::families::end_all(tx, account)?;
    store::resets::forget(tx, account)
}

fn tell(
    app: &App,
    tx: &Tx<'_>,
    ctx: &Context,
    account: AccountId,
    mail: Id<mainstay_notify::MessageKind>,
    letter: Letter,
) -> Result<()> {
    let Some((email, _)) = store::accounts::login_of(tx, account)? else { return Ok(()) };
    app.letters.post(tx, ctx, mail, &email, letter)
}
