//! What outsiders call.

mod checkouts;
mod orders;
mod refunds;
mod reports;

use std::sync::Arc;

use mainstay_http::Routes;

use crate::Orders;

/// Every route of the service, each described in its file.
pub fn routes() -> Routes<Arc<Orders>> {
    checkouts::routes().merge(orders::routes()).merge(refunds::routes()).merge(reports::routes())
}
