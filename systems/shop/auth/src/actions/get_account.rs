//! An account's particulars.

use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_core::{Context, Principal, Result};
use shop_access_contracts::ACCOUNT_READ;

use crate::app::App;
use crate::codes;
use crate::model::{Account, AccountId};
use crate::store;

/// Reads an account. Errors: `auth.unknown_account`, also for a customer who asks about another's.
pub async fn get_account(app: &Arc<App>, ctx: &Context, id: AccountId) -> Result<Account> {
    let unknown = || codes::UNKNOWN_ACCOUNT.error("there is no account of this id");
    let own = matches!(ctx.principal(), Principal::Customer(own) | Principal::Staff(own) if *own == id);
    if !app.access.allows(ctx, ACCOUNT_READ, Relation::of(own)) {
        return Err(unknown());
    }
    app.db.read(ctx, move |view| store::accounts::by_id(view, id)).await?.ok_or_else(unknown)
}
