//! Logging in and out, and one's own logins.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use mainstay_core::{Session, Timestamp};
use mainstay_http::{
    Body, Ctx, PathId, Problem, Routes, SessionEnded, SessionIssued, SessionToken, operation,
};
use mainstay_identity::{Fingerprint, SessionSecret};
use mainstay_secrets::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actions::{self, LoggedInSession, Standing};
use crate::app::App;
use crate::codes;
use crate::model::{self, Account, SESSION_LIFETIME, SessionId};

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Sessions", "Logging in and out, and what is logged in.")
        .post(
            "/v1/sessions",
            log_in,
            operation("logIn", "Log in")
                .text("The token is in the cookie `session` and in the header `mainstay-session`. The session that the \
                      caller came with is ended.")
                .example(json!({ "email": "ada@shop.example", "password": "kelp-lantern-42" }))
                .returns::<Begun>(201, "the session")
                .with_header("mainstay-session", "The token, to be sent as a bearer token.")
                .with_header("set-cookie", "The token, for browsers.")
                .problems(&[&codes::WRONG_LOGIN, &codes::SLOW_DOWN]),
        )
        .get(
            "/v1/sessions",
            list,
            operation("listSessions", "List one's logins")
                .text("Of browsers and of programs with refresh tokens.")
                .logged_in()
                .returns::<Logins>(200, "every login that holds, the newest first"),
        )
        .delete(
            "/v1/sessions/current",
            log_out,
            operation("logOut", "Log out")
                .logged_in()
                .returns_nothing(204, "the session is over")
                .problem(&codes::SESSION_UNKNOWN),
        )
        .delete(
            "/v1/sessions/{id}",
            end,
            operation("endSession", "End one of one's logins")
                .logged_in()
                .returns_nothing(204, "it is over")
                .problem(&codes::UNKNOWN_SESSION),
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
pub struct Begun {
    id: SessionId,
    expires_at: Timestamp,
    account: Account,
}

/// The answer that hands a new session over.
pub fn begun(session: LoggedInSession) -> (StatusCode, SessionIssued, Json<Begun>) {
    let LoggedInSession { id, secret, expires_at, account } = session;
    let issued =
        SessionIssued { token: Secret::new(secret.to_text().to_string()), max_age: SESSION_LIFETIME };
    (StatusCode::CREATED, issued, Json(Begun { id, expires_at, account }))
}

pub async fn log_in(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    token: SessionToken,
    Body(login): Body<Login>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let former = fingerprint(token);
    Ok(begun(actions::log_in(&app, &ctx, &login.email, login.password, former).await?))
}

pub async fn log_out(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    token: SessionToken,
) -> Result<impl IntoResponse + use<>, Problem> {
    actions::log_out(&app, &ctx, fingerprint(token)).await?;
    Ok((SessionEnded, StatusCode::NO_CONTENT))
}

#[derive(Serialize, JsonSchema)]
pub struct Logins {
    sessions: Vec<model::Login>,
}

pub async fn list(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    token: SessionToken,
) -> Result<Json<Logins>, Problem> {
    Ok(Json(Logins { sessions: actions::list_sessions(&app, &ctx, fingerprint(token)).await? }))
}

pub async fn end(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    SessionToken(token): SessionToken,
    PathId(id): PathId<Session>,
) -> Result<StatusCode, Problem> {
    let by = Standing::of(&app, &ctx, token.as_ref()).await?;
    actions::end_session(&app, &ctx, by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The session that the caller came with; a visitor's token and a program's are none.
fn fingerprint(SessionToken(token): SessionToken) -> Option<Fingerprint> {
    let secret = token.and_then(|token| SessionSecret::parse(token.expose()));
    secret.map(|secret| secret.fingerprint())
}
