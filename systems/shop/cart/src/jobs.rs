//! What the cart does by itself: once a day it deletes carts that nobody has touched for long.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_jobs::{Job, JobContext};
use mainstay_sql::Database;

use crate::actions;

/// When: at night in Europe, a while after the hour at which everybody else's schedules fire.
pub const FORGET_AT: &str = "17 3 * * *";

/// Deletes old carts.
pub struct Forget {
    /// Where they are.
    pub db: Database,
    /// How long one is kept after its last change.
    pub keep: Duration,
}

#[async_trait]
impl Job for Forget {
    const KIND: &'static str = "shop.cart.forget";
    type Payload = ();

    async fn run(&self, cx: &JobContext, (): ()) -> Result<()> {
        let forgotten = actions::forget(&self.db, cx.ctx(), cx.lease(), self.keep).await?;
        tracing::info!(
            carts = forgotten.carts,
            checkouts = forgotten.called_off,
            keys = forgotten.keys,
            "old carts were deleted"
        );
        Ok(())
    }
}
