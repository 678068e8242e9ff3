//! Logging in and out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use mainstay_core::Timestamp;
use mainstay_http::{Body, Ctx, Problem, SessionEnded, SessionIssued, SessionToken};
use mainstay_identity::SessionSecret;
use mainstay_secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::actions::{self, LoggedInSession};
use crate::app::App;
use crate::model::{Account, SESSION_LIFETIME, SessionId};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    email: String,
    password: Secret<String>,
}

/// The secret itself is in the cookie and in the header `mainstay-session`, not here: bodies end up in logs.
#[derive(Serialize)]
struct Begun {
    id: SessionId,
    expires_at: Timestamp,
    account: Account,
}

pub async fn log_in(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(login): Body<Login>,
) -> Result<impl IntoResponse, Problem> {
    let begun = actions::log_in(&app, &ctx, &login.email, login.password).await?;
    let LoggedInSession { id, secret, expires_at, account } = begun;
    let issued =
        SessionIssued { token: Secret::new(secret.to_text().to_string()), max_age: SESSION_LIFETIME };
    Ok((StatusCode::CREATED, issued, Json(Begun { id, expires_at, account })))
}

pub async fn log_out(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    SessionToken(token): SessionToken,
) -> Result<impl IntoResponse, Problem> {
    // A visitor's token is no secret of ours; the action says that there is nothing to end.
    let secret = token.and_then(|token| SessionSecret::parse(token.expose()));
    actions::log_out(&app, &ctx, secret.map(|secret| secret.fingerprint())).await?;
    Ok((SessionEnded, StatusCode::NO_CONTENT))
}
