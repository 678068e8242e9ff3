//! An account that has to be there, such as the first of staff. For services of ours only.

use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_core::{Context, Result, codes as core_codes};
use shop_access_contracts::ACCOUNT_ENSURE;

use super::register::{NewAccount, create};
use crate::app::App;
use crate::model::{AccountId, Email};
use crate::store;

/// Creates the account unless the e-mail address has one, which is then left as it is.
///
/// Errors: `core.forbidden` unless a service asks; `core.invalid`.
pub async fn ensure_account(app: &Arc<App>, ctx: &Context, new: NewAccount) -> Result<AccountId> {
    app.access.require(ctx, ACCOUNT_ENSURE, Relation::Other)?;
    let email = Email::parse(&new.email)?;
    if let Some(id) = find(app, ctx, &email).await? {
        return Ok(id);
    }
    if let Some(account) = create(app, ctx, new).await? {
        return Ok(account.id);
    }
    // Somebody was faster.
    find(app, ctx, &email).await?.ok_or_else(|| core_codes::CONFLICT.error("the account came and went"))
}

async fn find(app: &Arc<App>, ctx: &Context, email: &Email) -> Result<Option<AccountId>> {
    let email = email.clone();
    let found = app.db.read(ctx, move |view| store::accounts::by_email(view, &email)).await?;
    Ok(found.map(|(account, _)| account.id))
}
