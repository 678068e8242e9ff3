//! Housekeeping: sessions that have expired are forgotten.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_jobs::{Job, JobContext, Jobs, NewJob, Priority};

use crate::app::App;
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
        let forgotten =
            self.0.db.write_as(cx.ctx(), cx.lease(), |tx| store::sessions::prune(tx, PRUNE_LIMIT)).await?;
        tracing::debug!(sessions = forgotten, "expired sessions were forgotten");
        Ok(())
    }
}

/// Registers the job and when it runs.
pub fn register(jobs: &Jobs, app: &Arc<App>) -> Result<()> {
    jobs.register(ForgetSessions(Arc::clone(app)))?;
    jobs.schedule("forget-sessions", HOURLY, NewJob::of::<ForgetSessions>(&())?.priority(Priority::Low))
}
