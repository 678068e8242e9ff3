//! Somebody's own logins: which there are, and their end.

use std::sync::Arc;

use mainstay_audit::Entry;
use mainstay_core::{Context, Result};
use mainstay_identity::Fingerprint;
use shop_access_contracts::ACCOUNT_MANAGE;

use super::Standing;
use crate::app::App;
use crate::codes;
use crate::model::{Login, SessionId};
use crate::store;

/// The caller's sessions and programs, the newest first. Errors: `core.unauthenticated` for a visitor.
pub async fn list_sessions(
    app: &Arc<App>,
    ctx: &Context,
    current: Option<Fingerprint>,
) -> Result<Vec<Login>> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    let current = current.map(|current| current.as_bytes().to_vec()).unwrap_or_default();
    app.db.read(ctx, move |view| store::sessions::list(view, account, &current)).await
}

/// Ends one of them. Errors: `core.unauthenticated`; `auth.session_unknown` for a caller who was logged out;
/// `auth.unknown_session`, also for another's.
pub async fn end_session(app: &Arc<App>, ctx: &Context, by: Standing, id: SessionId) -> Result<()> {
    let account = app.own_account(ctx, ACCOUNT_MANAGE)?;
    let (shared, inner) = (Arc::clone(app), ctx.clone());
    let ended = app
        .db
        .write(ctx, move |tx| {
            by.require(tx, account)?;
            let session = store::sessions::end_by_id(tx, id, account)?;
            if let Some(fingerprint) = session {
                shared.remembered.session_ends(fingerprint);
            }
            let ended = session.is_some() || store::families::end(tx, id, account)?;
            if ended {
                shared.audit.record(tx, &inner, Entry::new("session.end", id.to_string()))?;
            }
            Ok(ended)
        })
        .await?;
    if ended { Ok(()) } else { Err(codes::UNKNOWN_SESSION.error("there is no such session of yours")) }
}
