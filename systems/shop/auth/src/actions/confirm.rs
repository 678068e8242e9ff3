//! The second half of registering: who reads the mailbox and knows the password has the account, and is logged in.
//!
//! The password is asked for again. Without it, whoever registers with another's address and a password of their own
//! would get an account that its owner confirms for them.

use std::sync::Arc;

use mainstay_core::{Context, Id, Result};
use mainstay_secrets::Secret;

use super::log_in::{LoggedInSession, open_session};
use super::register::created_entry;
use crate::app::App;
use crate::codes;
use crate::guesses::Guess;
use crate::model::{Account, Role};
use crate::store;
use crate::tokens::ConfirmToken;

/// Creates the account. Errors: `auth.link_refused` whatever is wrong, after the same work whatever it is;
/// `auth.slow_down`; `core.overloaded`.
pub async fn confirm(
    app: &Arc<App>,
    ctx: &Context,
    token: &str,
    password: Secret<String>,
) -> Result<LoggedInSession> {
    let refused = || codes::LINK_REFUSED.error("there is no such registration, or not with this password");
    let guess = Guess::new(ctx, token);
    let admitted = guess.admit(app, ctx).await?;
    let token = ConfirmToken::parse(token).map(|token| token.fingerprint());
    let found = match token {
        Some(token) => {
            app.db.read(ctx, move |view| store::registrations::find(view, token.as_bytes())).await?
        }
        None => None,
    };
    let Some(registration) = found else {
        app.passwords.verify_nobody(password).await?;
        admitted.was_wrong(app, ctx, None).await?;
        return Err(refused());
    };
    if !app.passwords.verify(password, &registration.password).await?.is_right() {
        admitted.was_wrong(app, ctx, None).await?;
        return Err(refused());
    }
    let account = Account {
        id: Id::generate(&app.clock),
        email: registration.email.as_str().to_owned(),
        name: registration.name.clone(),
        role: Role::Customer,
        created_at: app.clock.now(),
    };
    let begun = LoggedInSession::new(app, account);
    let (shared, inner, session) = (Arc::clone(app), ctx.clone(), begun.clone());
    let created = app
        .db
        .write(ctx, move |tx| {
            // Somebody else may have confirmed the address meanwhile: then it is theirs.
            let created = store::accounts::insert(tx, &session.account, &registration.password)?;
            store::registrations::forget(tx, &registration.email)?;
            if created {
                guess.was_right(tx)?;
                shared.audit.record(tx, &inner, created_entry(&session.account)?)?;
                Guess::new(&inner, registration.email.as_str()).was_right(tx)?;
                open_session(&shared, tx, &inner, &session, None)?;
            }
            Ok(created)
        })
        .await?;
    if created { Ok(begun) } else { Err(refused()) }
}
