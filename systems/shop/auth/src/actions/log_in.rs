//! A login: a password for a session.

use std::sync::Arc;

use mainstay_audit::Entry;
use mainstay_core::{Context, Error, Id, Result, Timestamp};
use mainstay_identity::{Fingerprint, SessionSecret, Verdict};
use mainstay_secrets::Secret;
use mainstay_sql::Tx;

use crate::app::App;
use crate::codes;
use crate::events;
use crate::guesses::Guess;
use crate::model::{Account, Email, SESSION_LIFETIME, SessionId};
use crate::store;

/// What a login gives: the secret is told once, and not kept here.
#[derive(Clone)]
pub struct LoggedInSession {
    pub id: SessionId,
    pub secret: SessionSecret,
    pub expires_at: Timestamp,
    pub account: Account,
}

impl LoggedInSession {
    /// A session that is not stored yet.
    pub(super) fn new(app: &App, account: Account) -> Self {
        Self {
            id: Id::generate(&app.clock),
            secret: SessionSecret::generate(),
            expires_at: app.clock.now() + SESSION_LIFETIME,
            account,
        }
    }
}

/// Begins a session, and ends the one that the caller came with: whoever planted or saw that one has nothing of this
/// one. Errors: `auth.wrong_login` whatever is wrong, after the same work whatever it is; `auth.slow_down`;
/// `core.overloaded` when too many passwords are being checked.
pub async fn log_in(
    app: &Arc<App>,
    ctx: &Context,
    email: &str,
    password: Secret<String>,
    former: Option<Fingerprint>,
) -> Result<LoggedInSession> {
    let proven = prove(app, ctx, email, password).await?;
    let begun = LoggedInSession::new(app, proven.account.clone());
    let (shared, inner, session) = (Arc::clone(app), ctx.clone(), begun.clone());
    app.db
        .write(ctx, move |tx| {
            proven.note(tx)?;
            open_session(&shared, tx, &inner, &session, former)
        })
        .await?;
    Ok(begun)
}

/// Somebody who knew the password, and what is to be noted about that.
#[derive(Clone)]
pub(super) struct Proven {
    pub(super) account: Account,
    guess: Guess,
    record: String,
    renewed: Option<String>,
}

impl Proven {
    /// In the transaction that lets them in. Errors: `auth.wrong_login` when the password was changed meanwhile: a login
    /// that began before a reset must not outlive it.
    pub(super) fn note(&self, tx: &Tx<'_>) -> Result<()> {
        let stored = store::accounts::login_of(tx, self.account.id)?;
        // A record that is renewed may have been renewed by another login already.
        if self.renewed.is_none() && stored.is_none_or(|(_, record)| record != self.record) {
            return Err(wrong());
        }
        self.guess.was_right(tx)?;
        if let Some(renewed) = &self.renewed {
            store::accounts::renew_password(tx, self.account.id, &self.record, renewed)?;
        }
        Ok(())
    }
}

fn wrong() -> Error {
    codes::WRONG_LOGIN.error("e-mail address or password is wrong")
}

/// Checks a password. The errors are those of [`log_in`].
pub(super) async fn prove(
    app: &Arc<App>,
    ctx: &Context,
    email: &str,
    password: Secret<String>,
) -> Result<Proven> {
    let guess = Guess::new(ctx, email);
    let admitted = guess.admit(app, ctx).await?;
    let found = match Email::parse(email) {
        Ok(email) => app.db.read(ctx, move |view| store::accounts::by_email(view, &email)).await?,
        // What is no address has no account, which is not to be told sooner than that of an address.
        Err(_) => None,
    };
    let Some((account, record)) = found else {
        app.passwords.verify_nobody(password).await?;
        admitted.was_wrong(app, ctx, None).await?;
        return Err(wrong());
    };
    let renewed = match app.passwords.verify(password.clone(), &record).await? {
        Verdict::Wrong => {
            admitted.was_wrong(app, ctx, Some(account.id)).await?;
            return Err(wrong());
        }
        Verdict::Right | Verdict::RightAsFarAsKnown => None,
        Verdict::RightButOld => Some(app.passwords.hash(password).await?),
    };
    Ok(Proven { account, guess, record, renewed })
}

/// Stores a new session and tells of it.
pub(super) fn open_session(
    app: &App,
    tx: &Tx<'_>,
    ctx: &Context,
    session: &LoggedInSession,
    former: Option<Fingerprint>,
) -> Result<()> {
    let owner = session.account.id;
    if let Some(former) = former {
        app.remembered.session_ends(former);
        store::sessions::end_whoever(tx, former.as_bytes())?;
    }
    let fingerprint = session.secret.fingerprint();
    let surplus = store::sessions::insert(tx, session.id, fingerprint.as_bytes(), owner, session.expires_at)?;
    surplus.into_iter().for_each(|oldest| app.remembered.session_ends(oldest));
    let after = serde_json::json!({"session": session.id, "expires_at": session.expires_at});
    app.audit.record(tx, ctx, Entry::new("account.log_in", owner.to_string()).after(&after)?)?;
    events::logged_in(&app.outbox, tx, ctx, owner)
}
