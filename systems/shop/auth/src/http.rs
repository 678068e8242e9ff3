//! What people call: registering, logging in and out, passwords, tokens for programs, the address book.

mod accounts;
mod addresses;
mod api_keys;
mod keys;
mod passwords;
mod sessions;
mod tokens;

use std::sync::Arc;

use mainstay_http::{Policies, Policy, Routes};

use crate::app::App;
use crate::signing::KEPT_FOR;

/// Every route, each described in its file.
pub fn routes() -> Routes<Arc<App>> {
    accounts::routes()
        .merge(passwords::routes())
        .merge(sessions::routes())
        .merge(tokens::routes())
        .merge(api_keys::routes())
        .merge(keys::routes())
        .merge(addresses::routes())
}

/// What is particular to them: the public keys are the same for everybody.
pub fn policies() -> Policies {
    Policies::new()
        .route("GET /.well-known/jwks.json", Policy::new().public(KEPT_FOR).surrogate_keys(&["jwks"]))
}
