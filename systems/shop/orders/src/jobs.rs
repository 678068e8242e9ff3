//! What orders does by itself: once a day it archives old orders.

use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_jobs::{Job, JobContext, Policy};
use mainstay_sql::Database;

use crate::actions;

/// When: at night in Europe, a while after the hour at which everybody else's schedules fire.
pub const ARCHIVE_AT: &str = "37 3 * * *";

/// Archives old orders.
pub struct Archive {
    /// Where they are.
    pub db: Database,
    /// How long after the last thing that happened to it an order is archived.
    pub keep: Duration,
}

#[async_trait]
impl Job for Archive {
    const KIND: &'static str = "shop.orders.archive";
    type Payload = ();

    /// The first night of a shop that has been open for years is long; what is done is done when it is broken off.
    fn policy(&self) -> Policy {
        Policy { timeout: Duration::from_secs(30 * 60), concurrency: 1, ..Policy::default() }
    }

    async fn run(&self, cx: &JobContext, (): ()) -> Result<()> {
        let tidied = actions::archive_orders(&self.db, cx.ctx(), cx.lease(), self.keep).await?;
        tracing::info!(
            orders = tidied.orders,
            facts = tidied.facts,
            checkouts = tidied.checkouts,
            "old orders were archived"
        );
        Ok(())
    }
}
