//! Passwords, changed and set anew.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use mainstay_core::codes as core_codes;
use mainstay_http::{Body, Ctx, Problem, Routes, SessionToken, operation};
use mainstay_secrets::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::accounts::Mailed;
use super::sessions::{Begun, begun};
use crate::actions::{self, Standing};
use crate::app::App;
use crate::codes;
use crate::model::EMAIL;

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Passwords", "A password, changed or set anew.")
        .put(
            "/v1/password",
            change,
            operation("changePassword", "Change one's password")
                .text("Every login of the account ends, and the answer is a new one. API keys hold on.")
                .logged_in()
                .example(json!({ "old_password": "correct horse", "new_password": "battery staple" }))
                .returns::<Begun>(201, "it is changed, and this is a new session")
                .with_header("mainstay-session", "The token, to be sent as a bearer token.")
                .with_header("set-cookie", "The token, for browsers.")
                .problems(&[&codes::WRONG_LOGIN, &codes::SLOW_DOWN, &core_codes::INVALID]),
        )
        .post(
            "/v1/password-resets",
            request_reset,
            operation("requestPasswordReset", "Ask for a new password")
                .text("What to do next is in the mailbox, if the address has an account.")
                .example(json!({ "email": "grace@example.org" }))
                .returns::<Mailed>(202, "if there is an account, a mail is on its way")
                .problem(&core_codes::INVALID),
        )
        .post(
            "/v1/password-resets/confirm",
            reset,
            operation("resetPassword", "Set the password anew, with what was mailed")
                .text("Every login of the account and every API key ends. Log in afterwards.")
                .example(json!({
                    "token": "mpr_mfrggzdfmztwq2lknnwg23tpoobvgyltmfxgi33sobxxe2lqn4xtqmrtgi3q",
                    "password": "battery staple",
                }))
                .returns_nothing(204, "it is set")
                .problems(&[&codes::LINK_REFUSED, &core_codes::INVALID]),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordChange")]
pub struct Change {
    // What is no password is answered as a wrong one is.
    #[schemars(length(max = 1024))]
    old_password: Secret<String>,
    #[schemars(length(min = 8, max = 1024))]
    new_password: Secret<String>,
}

pub async fn change(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    SessionToken(token): SessionToken,
    Body(change): Body<Change>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let Change { old_password, new_password } = change;
    let by = Standing::of(&app, &ctx, token.as_ref()).await?;
    Ok(begun(actions::change_password(&app, &ctx, by, old_password, new_password).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordResetRequest")]
pub struct ResetRequest {
    #[schemars(title = "E-mail address", length(max = 254), regex(pattern = EMAIL))]
    email: String,
}

pub async fn request_reset(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(request): Body<ResetRequest>,
) -> Result<(StatusCode, Json<Mailed>), Problem> {
    actions::request_reset(&app, &ctx, &request.email).await?;
    Ok(Mailed::new())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PasswordReset")]
pub struct Reset {
    // What is no token is answered as a wrong one is.
    #[schemars(length(max = 100))]
    token: String,
    #[schemars(length(min = 8, max = 1024))]
    password: Secret<String>,
}

pub async fn reset(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(reset): Body<Reset>,
) -> Result<StatusCode, Problem> {
    actions::reset_password(&app, &ctx, &reset.token, reset.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
