//! What imports do by themselves: once a day those are deleted that have had their time.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_jobs::{Job, JobContext};
use mainstay_sql::{Database, Tx};

use crate::store;

/// When: at night in Europe, a while after the hour at which everybody else's schedules fire.
pub const FORGET_AT: &str = "37 3 * * *";

/// Deletes old imports.
pub struct Forget {
    /// Where they are.
    pub db: Database,
    /// How long one is kept after its end.
    pub keep: Duration,
    /// How long one waits for the rest of its file.
    pub abandoned: Duration,
}

#[async_trait]
impl Job for Forget {
    const KIND: &'static str = "shop.imports.forget";
    type Payload = ();

    async fn run(&self, cx: &JobContext, (): ()) -> Result<()> {
        let (keep, abandoned) = (self.keep, self.abandoned);
        let part = move |tx: &Tx<'_>| store::part_with_old(tx, tx.now() - keep, tx.now() - abandoned);
        let imports = self.db.write_as(cx.ctx(), cx.lease(), part).await?;
        // Also what a night that was cut short has left.
        while self.db.write_as(cx.ctx(), cx.lease(), store::sweep).await? {}
        tracing::info!(imports, "old imports were deleted");
        Ok(())
    }
}
