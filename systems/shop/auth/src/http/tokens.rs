//! Access tokens for programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::{Account, Id};
use mainstay_http::{Body, Ctx, Problem, Routes, operation};
use mainstay_identity::access_token::LIFETIME;
use mainstay_secrets::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::actions::{self, Tokens};
use crate::app::App;
use crate::codes;
use crate::model::SessionId;

pub fn routes() -> Routes<Arc<App>> {
    let example =
        || json!({ "refresh_token": "mrt_mfrggzdfmztwq2lknnwg23tpoobvgyltmfxgi33sobxxe2lqn4xtqmrtgi3q" });
    Routes::new("Tokens", "Access tokens for programs, and the refresh tokens that buy the next ones.")
        .post(
            "/v1/tokens",
            issue,
            operation("issueTokens", "Log a program in")
                .text("The access token is sent as a bearer token and holds for minutes. The refresh token buys the \
                       next pair, once.")
                .example(json!({ "email": "ada@shop.example", "password": "kelp-lantern-42" }))
                .returns::<Issued>(201, "the first pair")
                .problems(&[&codes::WRONG_LOGIN, &codes::SLOW_DOWN]),
        )
        .post(
            "/v1/tokens/refresh",
            refresh,
            operation("refreshTokens", "Buy the next pair")
                .text("A refresh token that is shown a second time ends the login that it came from.")
                .example(example())
                .returns::<Issued>(200, "the next pair")
                .problem(&codes::REFRESH_REFUSED),
        )
        .post(
            "/v1/tokens/revoke",
            revoke,
            operation("revokeTokens", "Log a program out")
                .text("Whether there was anything to end is not told.")
                .example(example())
                .returns_nothing(204, "the refresh token buys nothing any more"),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenLogin")]
pub struct Login {
    // Nothing but bounds, as at a login.
    #[schemars(length(max = 254))]
    email: String,
    #[schemars(length(max = 1024))]
    password: Secret<String>,
}

/// In the members' names that RFC 6749 gives them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tokens")]
pub struct Issued {
    #[schemars(example = &"eyJhbGciOiJFZERTQSJ9…")]
    access_token: String,
    #[schemars(example = &"Bearer")]
    token_type: &'static str,
    expires_in: u64,
    #[schemars(example = &"mrt_5kJ0…")]
    refresh_token: String,
    session_id: SessionId,
    account_id: Id<Account>,
}

impl From<Tokens> for Issued {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access.expose().clone(),
            token_type: "Bearer",
            expires_in: LIFETIME.as_secs(),
            refresh_token: tokens.refresh.to_text().to_string(),
            session_id: tokens.claims.session,
            account_id: tokens.claims.account,
        }
    }
}

pub async fn issue(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(login): Body<Login>,
) -> Result<(StatusCode, Json<Issued>), Problem> {
    let tokens = actions::issue_tokens(&app, &ctx, &login.email, login.password).await?;
    Ok((StatusCode::CREATED, Json(tokens.into())))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    // What is no token, such as an access token, is answered as a wrong one is.
    #[schemars(length(max = 2048))]
    refresh_token: Secret<String>,
}

pub async fn refresh(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(refresh): Body<Refresh>,
) -> Result<Json<Issued>, Problem> {
    Ok(Json(actions::refresh_tokens(&app, &ctx, refresh.refresh_token.expose()).await?.into()))
}

pub async fn revoke(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(refresh): Body<Refresh>,
) -> Result<StatusCode, Problem> {
    actions::revoke_tokens(&app, &ctx, refresh.refresh_token.expose()).await?;
    Ok(StatusCode::NO_CONTENT)
}
