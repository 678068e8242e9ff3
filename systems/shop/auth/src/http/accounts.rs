//! Registering.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::codes as core_codes;
use mainstay_http::{Body, Ctx, Problem, Routes, operation};
use mainstay_secrets::Secret;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::actions::{self, NewAccount};
use crate::app::App;
use crate::codes;
use crate::model::{Account, EMAIL, Role, WORDS};

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Accounts", "People who buy, and people who work here.").post(
        "/v1/accounts",
        register,
        operation("register", "Make an account")
            .text("Anybody may; it is a customer's. Log in afterwards.")
            .example(
                json!({ "email": "grace@example.org", "name": "Grace Hopper", "password": "correct horse" }),
            )
            .returns::<Account>(201, "the account")
            .problems(&[&codes::EMAIL_TAKEN, &core_codes::INVALID]),
    )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// One address; upper and lower case are the same.
    #[schemars(length(max = 254), regex(pattern = EMAIL))]
    email: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    name: String,
    #[schemars(length(min = 8, max = 1024))]
    password: Secret<String>,
}

/// People make themselves customers, never staff.
pub async fn register(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(new): Body<Registration>,
) -> Result<(StatusCode, Json<Account>), Problem> {
    let Registration { email, name, password } = new;
    let new = NewAccount { email, name, password, role: Role::Customer };
    Ok((StatusCode::CREATED, Json(actions::register(&app, &ctx, new).await?)))
}
