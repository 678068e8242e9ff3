//! The address book.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use mainstay_core::codes as core_codes;
use mainstay_http::{Body, Ctx, PathId, Problem, Routes, operation};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use shop_auth_contracts::Address;

use crate::actions;
use crate::app::App;
use crate::codes;
use crate::model::{PostalAddress, SavedAddress};

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Addresses", "Somebody's address book.")
        .get(
            "/v1/addresses",
            list,
            operation("listAddresses", "List the address book")
                .logged_in()
                .returns::<AddressBook>(200, "every address"),
        )
        .post(
            "/v1/addresses",
            add,
            operation("addAddress", "Add an address")
                .logged_in()
                .example(json!({
                    "name": "Ada Marlow", "line1": "1 Harbour Row", "city": "London", "postcode": "E1 6AN",
                    "country": "GB",
                }))
                .returns::<SavedAddress>(201, "the address with its id")
                .problems(&[&codes::TOO_MANY_ADDRESSES, &core_codes::INVALID]),
        )
        .delete(
            "/v1/addresses/{id}",
            delete,
            operation("deleteAddress", "Delete an address").logged_in().returns_nothing(204, "it is gone"),
        )
}

#[derive(Serialize, JsonSchema)]
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
