//! Forgets idempotency keys that have had their time, in the database of every service that works by itself. The table
//! is the platform's, so its upkeep is too.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Result, Shutdown};
use mainstay_http::idempotency;
use mainstay_sql::{Database, Leadership, Lease};

/// Keys are kept for a day; that they stay a few minutes longer harms nobody.
const PERIOD: Duration = Duration::from_secs(300);

/// Keys in one transaction: a millisecond of the writer's time.
const PAGE: u32 = 500;

/// Prunes until the shutdown, whenever this process leads the service.
pub(crate) async fn run(db: Database, leadership: Arc<Leadership>, clock: Clock, shutdown: Shutdown) {
    let ctx = Context::background(db.name().to_owned());
    loop {
        let lease = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            lease = leadership.wait() => lease,
        };
        if let Err(error) = prune(&db, &ctx, &lease, &shutdown).await {
            tracing::warn!(database = db.name(), error = error.chain(), "idempotency keys were not pruned");
        }
        tokio::select! {
            () = shutdown.requested() => return,
            () = clock.sleep(PERIOD) => {}
        }
    }
}

async fn prune(db: &Database, ctx: &Context, lease: &Lease, shutdown: &Shutdown) -> Result<()> {
    while !shutdown.is_requested() {
        let gone = db.write_as(ctx, lease, |tx| idempotency::prune(tx, PAGE)).await?;
        if gone < u64::from(PAGE) {
            return Ok(());
        }
    }
    Ok(())
}
