//! Somebody's address book: their own, whoever's id they send.

use std::sync::Arc;

use mainstay_core::{Context, Id, Result, codes as core_codes};
use shop_access_contracts::ADDRESSES_USE;

use crate::app::App;
use crate::codes;
use crate::model::{AddressId, MAX_ADDRESSES, PostalAddress, SavedAddress};
use crate::store;

/// Saves an address. Errors: `core.unauthenticated`, `core.invalid`, `auth.too_many_addresses`.
pub async fn add_address(app: &Arc<App>, ctx: &Context, address: &PostalAddress) -> Result<SavedAddress> {
    let account = app.own_account(ctx, ADDRESSES_USE)?;
    let saved = SavedAddress { id: Id::generate(&app.clock), address: address.checked()? };
    app.db
        .write(ctx, move |tx| {
            if store::addresses::count(tx, account)? >= MAX_ADDRESSES {
                let words = format!("there are {MAX_ADDRESSES} addresses already");
                return Err(codes::TOO_MANY_ADDRESSES.error(words));
            }
            store::addresses::insert(tx, account, &saved)?;
            Ok(saved.clone())
        })
        .await
}

/// All addresses, the oldest first. Errors: `core.unauthenticated`.
pub async fn list_addresses(app: &Arc<App>, ctx: &Context) -> Result<Vec<SavedAddress>> {
    let account = app.own_account(ctx, ADDRESSES_USE)?;
    app.db.read(ctx, move |view| store::addresses::list(view, account)).await
}

/// Deletes an address. Errors: `core.unauthenticated`; `core.not_found`, also for another's.
pub async fn delete_address(app: &Arc<App>, ctx: &Context, id: AddressId) -> Result<()> {
    let account = app.own_account(ctx, ADDRESSES_USE)?;
    if app.db.write(ctx, move |tx| store::addresses::delete(tx, account, id)).await? {
        return Ok(());
    }
    Err(core_codes::NOT_FOUND.error("there is no such address in your book"))
}
