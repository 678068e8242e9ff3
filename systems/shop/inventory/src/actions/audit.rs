//! Check that no piece was lost or sold twice.

use mainstay_core::{Context, Result};
use mainstay_sql::Database;

use crate::model::{Breach, audit as check};
use crate::store;

/// Every way in which the books do not add up, at one instant; none in a sound shop. For tests, crash runs and
/// operators: it reads every reservation, so it is not for the path of a request.
pub async fn audit(db: &Database, ctx: &Context) -> Result<Vec<Breach>> {
    db.read(ctx, store::books).await.map(|books| check(&books))
}
