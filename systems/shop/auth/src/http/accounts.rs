//! Registering.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use mainstay_core::codes as core_codes;
use mainstay_http::{Body, Ctx, Problem, Routes, operation};
use mainstay_secrets::Secret;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::sessions::{Begun, begun};
use crate::actions::{self, NewAccount};
use crate::app::App;
use crate::codes;
use crate::model::{EMAIL, Role, WORDS};

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Accounts", "People who buy, and people who work here.")
        .post(
            "/v1/accounts",
            register,
            operation("register", "Ask for an account")
                .text("Anybody may; it will be a customer's. What to do next is in the mailbox, whoever has the address.")
                .example(
                    json!({ "email": "grace@example.org", "name": "Grace Hopper", "password": "correct horse" }),
                )
                .returns::<Mailed>(202, "a mail is on its way")
                .problem(&core_codes::INVALID),
        )
        .post(
            "/v1/accounts/confirm",
            confirm,
            operation("confirmAccount", "Make the account, with what was mailed")
                .text("The password is that of the registration. The answer is a login.")
                .example(json!({ "token": EXAMPLE_TOKEN, "password": "correct horse" }))
                .returns::<Begun>(201, "the account exists, and this is its session")
                .with_header("mainstay-session", "The token, to be sent as a bearer token.")
                .with_header("set-cookie", "The token, for browsers.")
                .problems(&[&codes::LINK_REFUSED, &codes::SLOW_DOWN]),
        )
}

/// The form of what is mailed.
const EXAMPLE_TOKEN: &str = "mcf_mfrggzdfmztwq2lknnwg23tpoobvgyltmfxgi33sobxxe2lqn4xtqmrtgi3q";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// One address; upper and lower case are the same.
    #[schemars(title = "E-mail address", length(max = 254), regex(pattern = EMAIL))]
    email: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    name: String,
    #[schemars(length(min = 8, max = 1024))]
    password: Secret<String>,
}

/// What is said to everybody alike: only the mailbox learns more.
#[derive(Serialize, JsonSchema)]
pub struct Mailed {
    #[schemars(example = &"read_mailbox")]
    next: &'static str,
}

impl Mailed {
    pub const fn new() -> (StatusCode, Json<Self>) {
        (StatusCode::ACCEPTED, Json(Self { next: "read_mailbox" }))
    }
}

/// People make themselves customers, never staff.
pub async fn register(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(new): Body<Registration>,
) -> Result<(StatusCode, Json<Mailed>), Problem> {
    let Registration { email, name, password } = new;
    actions::register(&app, &ctx, NewAccount { email, name, password, role: Role::Customer }).await?;
    Ok(Mailed::new())
}

// Nothing but bounds: what is no token, and no password, is answered as a wrong one is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    #[schemars(length(max = 100))]
    token: String,
    #[schemars(length(max = 1024))]
    password: Secret<String>,
}

pub async fn confirm(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(confirmation): Body<Confirmation>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let Confirmation { token, password } = confirmation;
    let session: (_, _, Json<Begun>) = begun(actions::confirm(&app, &ctx, &token, password).await?);
    Ok(session)
}
