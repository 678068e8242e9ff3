//! The end of a session.

use std::sync::Arc;

use mainstay_core::{Context, Result};
use mainstay_identity::Fingerprint;
use shop_access_contracts::ACCOUNT_MANAGE;

use crate::app::App;
use crate::store;

/// Ends the session that the caller came with. Ending it twice is ending it once.
///
/// Errors: `core.unauthenticated` for a visitor, who has none that could be ended.
pub async fn log_out(app: &Arc<App>, ctx: &Context, fingerprint: Option<Fingerprint>) -> Result<()> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    let Some(fingerprint) = fingerprint else { return Ok(()) };
    let shared = Arc::clone(app);
    app.db
        .write(ctx, move |tx| {
            shared.remembered.session_ends(fingerprint);
            store::sessions::end(tx, fingerprint.as_bytes(), account)
        })
        .await
}
