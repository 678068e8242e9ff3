//! A login: a password for a session.

use std::sync::Arc;

use mainstay_core::{Context, Id, Result, Timestamp};
use mainstay_identity::{SessionSecret, Verdict};
use mainstay_secrets::Secret;

use crate::app::App;
use crate::codes;
use crate::events;
use crate::model::{Account, Email, SESSION_LIFETIME, SessionId};
use crate::store;

/// What a login gives: the secret is told once, and not kept here.
pub struct LoggedInSession {
    pub id: SessionId,
    pub secret: SessionSecret,
    pub expires_at: Timestamp,
    pub account: Account,
}

/// Begins a session. Errors: `auth.wrong_login` whatever is wrong, after the same time whatever it is;
/// `core.overloaded` when too many passwords are being checked.
pub async fn log_in(
    app: &Arc<App>,
    ctx: &Context,
    email: &str,
    password: Secret<String>,
) -> Result<LoggedInSession> {
    let wrong = || codes::WRONG_LOGIN.error("e-mail address or password is wrong");
    let found = match Email::parse(email) {
        Ok(email) => app.db.read(ctx, move |view| store::accounts::by_email(view, &email)).await?,
        // What is no address has no account, which is not to be told sooner than that of an address.
        Err(_) => None,
    };
    let Some((account, record)) = found else {
        app.passwords.verify_nobody(password).await?;
        return Err(wrong());
    };
    let renewed = match app.passwords.verify(password.clone(), &record).await? {
        Verdict::Wrong => return Err(wrong()),
        Verdict::Right => None,
        Verdict::RightButOld => Some(app.passwords.hash(password).await?),
    };
    begin(app, ctx, account, record, renewed).await
}

async fn begin(
    app: &Arc<App>,
    ctx: &Context,
    account: Account,
    record: String,
    renewed: Option<String>,
) -> Result<LoggedInSession> {
    let (id, secret) = (Id::generate(&app.clock), SessionSecret::generate());
    let fingerprint = secret.fingerprint();
    let expires_at = app.clock.now() + SESSION_LIFETIME;
    let (shared, inner, owner) = (Arc::clone(app), ctx.clone(), account.id);
    app.db
        .write(ctx, move |tx| {
            if let Some(renewed) = &renewed {
                store::accounts::renew_password(tx, owner, &record, renewed)?;
            }
            store::sessions::insert(tx, id, fingerprint.as_bytes(), owner, expires_at)?;
            events::logged_in(&shared.outbox, tx, &inner, owner)
        })
        .await?;
    Ok(LoggedInSession { id, secret, expires_at, account })
}
