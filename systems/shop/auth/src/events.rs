//! What the service publishes.

use mainstay_core::{Context, Principal, Result};
use mainstay_events::Outbox;
use mainstay_sql::Tx;
use shop_auth_contracts::{LoggedIn, TOPIC};

use crate::model::AccountId;

/// Tells that somebody has logged in, and which visitor they were before, so that a visitor's cart finds its owner.
pub fn logged_in(outbox: &Outbox, tx: &Tx<'_>, ctx: &Context, account: AccountId) -> Result<()> {
    let anonymous_session_id = match ctx.principal() {
        Principal::Anonymous(session) => session.to_vec(),
        Principal::Customer(_) | Principal::Staff(_) | Principal::Service(_) => Vec::new(),
    };
    let event = LoggedIn { account_id: account.to_vec(), anonymous_session_id };
    outbox.append(tx, ctx, &TOPIC, &account.to_string(), &event)
}
