//! A new customer, as far as one goes without having read the mailbox.

use std::sync::Arc;

use mainstay_audit::Entry;
use mainstay_core::{Context, Id, Result};
use mainstay_secrets::Secret;

use crate::app::App;
use crate::guesses;
use crate::letters::Letter;
use crate::model::{self, Account, CONFIRM_WITHIN, Email, Registration, Role};
use crate::store;
use crate::tokens::ConfirmToken;

/// Who wants an account.
#[derive(Clone)]
pub struct NewAccount {
    pub email: String,
    pub name: String,
    pub password: Secret<String>,
    pub role: Role,
}

/// Notes that somebody wants an account, and mails to the address what happens next. Whether the address has an
/// account already, only its mailbox learns: answer and work are the same.
///
/// Errors: `core.invalid`, `core.overloaded` when too many passwords are being hashed.
pub async fn register(app: &Arc<App>, ctx: &Context, new: NewAccount) -> Result<()> {
    let (email, name) = (Email::parse(&new.email)?, model::name(&new.name)?);
    model::check_new_password(&new.password)?;
    let password = app.passwords.hash(new.password).await?;
    let registration = Registration { email, name, password };
    let (token, mail) = (ConfirmToken::generate(), Id::generate(&app.clock));
    let letter = Arc::new(app.letters.confirm(&token)?);
    let (shared, inner) = (Arc::clone(app), ctx.clone());
    app.db
        .write(ctx, move |tx| {
            let email = registration.email.as_str();
            let taken = store::accounts::by_email(tx, &registration.email)?.is_some();
            // Stored in either case; where there is an account, nobody is told the token, and it would be refused.
            store::registrations::insert(
                tx,
                token.fingerprint().as_bytes(),
                &registration,
                tx.now() + CONFIRM_WITHIN,
            )?;
            let letter = match (guesses::may_mail(tx, email)?, taken) {
                (false, _) => Letter::Nothing,
                (true, true) => Letter::HasAccount,
                (true, false) => Letter::clone(&letter),
            };
            shared.letters.post(tx, &inner, mail, email, letter)
        })
        .await
}

/// The account that was created at once, for services of ours; `None` when the e-mail address has one already.
pub(super) async fn create(app: &Arc<App>, ctx: &Context, new: NewAccount) -> Result<Option<Account>> {
    let email = Email::parse(&new.email)?;
    let name = model::name(&new.name)?;
    model::check_new_password(&new.password)?;
    let account = Account {
        id: Id::generate(&app.clock),
        email: email.as_str().to_owned(),
        name,
        role: new.role,
        created_at: app.clock.now(),
    };
    // Before the write: a write holds everybody up, and this takes twenty milliseconds.
    let record = app.passwords.hash(new.password).await?;
    let (shared, inner) = (Arc::clone(app), ctx.clone());
    app.db
        .write(ctx, move |tx| {
            let inserted = store::accounts::insert(tx, &account, &record)?;
            if inserted {
                shared.audit.record(tx, &inner, created_entry(&account)?)?;
            }
            Ok(inserted.then(|| account.clone()))
        })
        .await
}

/// An account that came into being. Its address is not in the log, which is never pruned.
pub(super) fn created_entry(account: &Account) -> Result<Entry> {
    Entry::new("account.create", account.id.to_string()).after(&serde_json::json!({"role": account.role}))
}
