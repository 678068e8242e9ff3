//! What people call: registering, logging in and out, the address book.

mod accounts;
mod addresses;
mod sessions;

use std::sync::Arc;

use mainstay_http::Routes;

use crate::app::App;

/// Every route, each described in its file.
pub fn routes() -> Routes<Arc<App>> {
    accounts::routes().merge(sessions::routes()).merge(addresses::routes())
}
