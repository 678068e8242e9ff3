//! An account's particulars.

use std::sync::Arc;

use mainstay_core::{Context, Principal, Result};

use crate::app::App;
use crate::codes;
use crate::model::{Account, AccountId};
use crate::store;

/// Reads an account. Errors: `auth.unknown_account`, also for a customer who asks about another's.
pub async fn get_account(app: &Arc<App>, ctx: &Context, id: AccountId) -> Result<Account> {
    let unknown = || codes::UNKNOWN_ACCOUNT.error("there is no account of this id");
    let may = match ctx.principal() {
        Principal::Staff(_) | Principal::Service(_) => true,
        Principal::Customer(own) => *own == id,
        Principal::Anonymous(_) => false,
    };
    if !may {
        return Err(unknown());
    }
    app.db.read(ctx, move |view| store::accounts::by_id(view, id)).await?.ok_or_else(unknown)
}
