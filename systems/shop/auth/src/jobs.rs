//! Housekeeping: what has expired is forgotten, and the key that signs access tokens is replaced when it is old.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_jobs::{Job, JobContext, Jobs, NewJob, Priority};
use mainstay_sql::Tx;

use crate::app::App;
use crate::model::USED_TOKENS_KEPT;
use crate::store;

// One write must not hold others up; what is left over is forgotten an hour later.
const PRUNE_LIMIT: u32 = 5_000;
const HOURLY: &str = "17 * * * *";

struct ForgetSessions(Arc<App>);

#[async_trait]
impl Job for ForgetSessions {
    const KIND: &'static str = "shop.auth.forget_sessions";
    type Payload = ();

    async fn run(&self, cx: &JobContext, (): ()) -> Result<()> {
        let forgotten = self.0.db.write_as(cx.ctx(), cx.lease(), prune).await?;
        tracing::debug!(rows = forgotten, "what had expired was forgotten");
        if self.0.signing.replace_when_old(cx.ctx(), self.0.config.signing_key_life()).await? {
            tracing::info!("the key that signs access tokens is being replaced");
        }
        Ok(())
    }
}

fn prune(tx: &Tx<'_>) -> Result<u64> {
    let used_before = tx.now() - USED_TOKENS_KEPT;
    Ok(store::sessions::prune(tx, PRUNE_LIMIT)?
        + store::families::prune(tx, PRUNE_LIMIT)?
        + store::families::prune_used(tx, used_before, PRUNE_LIMIT)?
        + store::registrations::prune(tx, PRUNE_LIMIT)?
        + store::resets::prune(tx, PRUNE_LIMIT)?
        + store::api_keys::prune(tx, PRUNE_LIMIT)?
        + store::tallies::prune(tx, PRUNE_LIMIT)?
        + store::signing_keys::prune(tx)?)
}

/// Registers the job and when it runs.
pub fn register(jobs: &Jobs, app: &Arc<App>) -> Result<()> {
    jobs.register(ForgetSessions(Arc::clone(app)))?;
    jobs.schedule("forget-sessions", HOURLY, NewJob::of::<ForgetSessions>(&())?.priority(Priority::Low))
}
