//! Logging in and out.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use mainstay_core::{Timestamp, codes as core_codes};
use mainstay_http::{Body, Ctx, Problem, Routes, SessionEnded, SessionIssued, SessionToken, operation};
use mainstay_identity::SessionSecret;
use mainstay_secrets::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actions::{self, LoggedInSession};
use crate::app::App;
use crate::codes;
use crate::model::{Account, SESSION_LIFETIME, SessionId};

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Sessions", "Logging in and out.")
        .post(
            "/v1/sessions",
            log_in,
            operation("logIn", "Log in")
                .text("The token is in the cookie `session` and in the header `mainstay-session`.")
                .example(json!({ "email": "ada@shop.example", "password": "kelp-lantern-42" }))
                .returns::<Begun>(201, "the session")
                .with_header("mainstay-session", "The token, to be sent as a bearer token.")
                .with_header("set-cookie", "The token, for browsers.")
                .problems(&[&codes::WRONG_LOGIN, &core_codes::INVALID]),
        )
        .delete(
            "/v1/sessions/current",
            log_out,
            operation("logOut", "Log out")
                .logged_in()
                .returns_nothing(204, "the session is over")
                .problem(&codes::SESSION_UNKNOWN),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    // Nothing but bounds: what is no address, and no password, is answered as a wrong one is.
    #[schemars(length(max = 254))]
    email: String,
    #[schemars(length(max = 1024))]
    password: Secret<String>,
}

/// The secret itself is in the cookie and in the header `mainstay-session`, not here: bodies end up in logs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
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
