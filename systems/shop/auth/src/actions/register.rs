//! A new customer.

use std::sync::Arc;

use mainstay_core::{Context, Id, Result};
use mainstay_secrets::Secret;

use crate::app::App;
use crate::codes;
use crate::model::{self, Account, Email, Role};
use crate::store;

/// Who wants an account.
#[derive(Clone)]
pub struct NewAccount {
    pub email: String,
    pub name: String,
    pub password: Secret<String>,
    pub role: Role,
}

/// Creates an account. Errors: `core.invalid`, `auth.email_taken`, `core.overloaded` when too many passwords are
/// being hashed.
pub async fn register(app: &Arc<App>, ctx: &Context, new: NewAccount) -> Result<Account> {
    create(app, ctx, new)
        .await?
        .ok_or_else(|| codes::EMAIL_TAKEN.error("there is an account with this e-mail address"))
}

/// The account that was created; `None` when the e-mail address has one already.
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
    app.db
        .write(ctx, move |tx| {
            let inserted = store::accounts::insert(tx, &account, &record)?;
            Ok(inserted.then(|| account.clone()))
        })
        .await
}
