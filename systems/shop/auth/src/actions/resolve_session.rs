//! From a session to whom it stands for.

use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_core::{Context, Result};
use shop_access_contracts::CREDENTIALS_RESOLVE;

use crate::app::App;
use crate::codes;
use crate::model::Resolved;
use crate::store;

/// Resolves the SHA-256 of a session's secret. Errors: `auth.session_unknown` when it is over or never was.
pub async fn resolve_session(app: &Arc<App>, ctx: &Context, fingerprint: Vec<u8>) -> Result<Resolved> {
    app.access.require(ctx, CREDENTIALS_RESOLVE, Relation::Other)?;
    app.db
        .read(ctx, move |view| store::sessions::resolve(view, &fingerprint))
        .await?
        .ok_or_else(|| codes::SESSION_UNKNOWN.error("the session is over or was never there"))
}
