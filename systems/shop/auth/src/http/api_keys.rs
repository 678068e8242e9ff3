//! API keys of one's own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::{Timestamp, codes as core_codes};
use mainstay_http::{Body, Ctx, PathId, Problem, Routes, SessionToken, operation};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use shop_access_contracts::SCOPES;
use shop_auth_contracts::ApiKey as ApiKeyKind;

use crate::actions::{self, NewKey, Standing};
use crate::app::App;
use crate::codes;
use crate::model::api_key::{MAX_DAYS, StoredKey, beginning};
use crate::model::{ApiKeyId, WORDS};

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("API keys", "Keys for programs, each for some things and not for others.")
        .get(
            "/v1/api-keys",
            list,
            operation("listApiKeys", "List one's keys")
                .logged_in()
                .returns::<KeysView>(200, "every key, without what would let somebody use it"),
        )
        .post(
            "/v1/api-keys",
            create,
            operation("createApiKey", "Make a key")
                .text("The key itself is in this answer and never again.")
                .logged_in()
                .example(json!({ "name": "nightly stock", "scopes": ["stock"], "expires_in_days": 90 }))
                .returns::<KeyView>(201, "the key")
                .problems(&[&codes::TOO_MANY_API_KEYS, &core_codes::INVALID]),
        )
        .post(
            "/v1/api-keys/{id}/rotate",
            rotate,
            operation("rotateApiKey", "Make the next key of one")
                .text("It has the same name and scopes. The old one holds for a day more.")
                .logged_in()
                .returns::<KeyView>(201, "the next key")
                .problems(&[&codes::UNKNOWN_API_KEY, &codes::TOO_MANY_API_KEYS]),
        )
        .delete(
            "/v1/api-keys/{id}",
            revoke,
            operation("revokeApiKey", "End a key at once")
                .logged_in()
                .returns_nothing(204, "it holds no more")
                .problem(&codes::UNKNOWN_API_KEY),
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewApiKey")]
pub struct Wanted {
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    name: String,
    #[schemars(schema_with = "scopes_schema")]
    scopes: Vec<String>,
    /// Left out: it holds until it is ended.
    #[serde(default)]
    #[schemars(range(min = 1, max = MAX_DAYS))]
    expires_in_days: Option<u32>,
}

/// One or more of the scopes that there are.
fn scopes_schema(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = SCOPES.iter().map(|(scope, _)| *scope).collect();
    json_schema!({
        "type": "array",
        "items": { "type": "string", "enum": names },
        "minItems": 1,
        "maxItems": names.len(),
    })
}

/// A key as it is shown. The key itself is there once, when it is made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
pub struct KeyView {
    id: ApiKeyId,
    #[schemars(example = &"stock robot")]
    name: String,
    #[schemars(example = &"msk_8Qv3…")]
    hint: String,
    #[schemars(example = ["catalog"])]
    scopes: Vec<String>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    /// The day of the last use: no more is kept.
    last_used_on: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"msk_8Qv3…")]
    key: Option<String>,
}

impl From<StoredKey> for KeyView {
    fn from(stored: StoredKey) -> Self {
        Self {
            id: stored.id,
            name: stored.name,
            hint: stored.hint,
            scopes: stored.scopes.iter().map(str::to_owned).collect(),
            created_at: stored.created_at,
            expires_at: stored.expires_at,
            last_used_on: stored.last_used_day.map(beginning),
            key: None,
        }
    }
}

impl From<NewKey> for KeyView {
    fn from(new: NewKey) -> Self {
        Self { key: Some(new.key.to_text().to_string()), ..new.stored.into() }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApiKeys")]
pub struct KeysView {
    api_keys: Vec<KeyView>,
}

pub async fn list(State(app): State<Arc<App>>, Ctx(ctx): Ctx) -> Result<Json<KeysView>, Problem> {
    let keys = actions::list_api_keys(&app, &ctx).await?;
    Ok(Json(KeysView { api_keys: keys.into_iter().map(KeyView::from).collect() }))
}

pub async fn create(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    SessionToken(token): SessionToken,
    Body(wanted): Body<Wanted>,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    let Wanted { name, scopes, expires_in_days } = wanted;
    let by = Standing::of(&app, &ctx, token.as_ref()).await?;
    let made = actions::create_api_key(&app, &ctx, by, &name, &scopes, expires_in_days).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

pub async fn rotate(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    SessionToken(token): SessionToken,
    PathId(id): PathId<ApiKeyKind>,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    let by = Standing::of(&app, &ctx, token.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(actions::rotate_api_key(&app, &ctx, by, id).await?.into())))
}

pub async fn revoke(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    SessionToken(token): SessionToken,
    PathId(id): PathId<ApiKeyKind>,
) -> Result<StatusCode, Problem> {
    let by = Standing::of(&app, &ctx, token.as_ref()).await?;
    actions::revoke_api_key(&app, &ctx, by, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
