//! The address book.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_http::{Body, Ctx, PathId, Problem};
use serde::Serialize;
use shop_auth_contracts::Address;

use crate::actions;
use crate::app::App;
use crate::model::{PostalAddress, SavedAddress};

#[derive(Serialize)]
pub struct AddressBook {
    addresses: Vec<SavedAddress>,
}

pub async fn list(State(app): State<Arc<App>>, Ctx(ctx): Ctx) -> Result<Json<AddressBook>, Problem> {
    Ok(Json(AddressBook { addresses: actions::list_addresses(&app, &ctx).await? }))
}

pub async fn add(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    Body(address): Body<PostalAddress>,
) -> Result<(StatusCode, Json<SavedAddress>), Problem> {
    Ok((StatusCode::CREATED, Json(actions::add_address(&app, &ctx, &address).await?)))
}

pub async fn delete(
    State(app): State<Arc<App>>,
    Ctx(ctx): Ctx,
    PathId(id): PathId<Address>,
) -> Result<StatusCode, Problem> {
    actions::delete_address(&app, &ctx, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
