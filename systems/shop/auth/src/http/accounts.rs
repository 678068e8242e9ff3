//! Registering.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_http::{Body, Ctx, Problem};
use mainstay_secrets::Secret;
use serde::Deserialize;

use crate::actions::{self, NewAccount};
use crate::app::App;
use crate::model::{Account, Role};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    email: String,
    name: String,
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
