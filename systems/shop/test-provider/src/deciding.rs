//! Late decisions: a charge of `tok_late` becomes authorised when its time has come, whether anybody waits or not.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Result, Shutdown, Timestamp, codes};

use crate::model::{Charge, Status, Token};
use crate::server::Server;
use crate::store;
use crate::webhooks;

// Decisions made in one write.
const BATCH: u32 = 64;
// The table is looked at this often although nobody said anything.
const PERIOD: Duration = Duration::from_secs(5);
// A request that will never be answered is let go after this long, so that they cannot pile up.
const NEVER_ENDS_AFTER: Duration = Duration::from_secs(60);

/// Decides what is due until the process ends.
pub async fn run(server: Arc<Server>, shutdown: Shutdown) {
    while !shutdown.is_requested() {
        let next = match decide_due(&server).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(error = %error.chain(), "late decisions have to wait");
                None
            }
        };
        let now = server.clock.now();
        let pause = next.map_or(PERIOD, |at| at.since(now).min(PERIOD));
        tokio::select! {
            () = shutdown.requested() => {}
            () = server.decisions.notified() => {}
            () = server.clock.sleep(pause) => {}
        }
    }
}

async fn decide_due(server: &Arc<Server>) -> Result<Option<Timestamp>> {
    let now = server.clock.now();
    // What lies further ahead than any decision is put off was put off before the clock was set back.
    let horizon = now + server.options.late + PERIOD;
    let due = server.db.read(&server.ctx, move |view| store::to_decide(view, now, horizon, BATCH)).await?;
    if !due.is_empty() {
        let deciding = Arc::clone(server);
        server
            .db
            .write(&server.ctx, move |tx| {
                for number in &due {
                    let mut charge = store::by_number(tx, *number)?;
                    if charge.decide(true) {
                        charge.changed_at = tx.now();
                        store::save(tx, &charge, charge.changed_at)?;
                        webhooks::announce(&deciding, tx, &charge)?;
                    }
                }
                Ok(())
            })
            .await?;
        server.webhooks.notify_one();
    }
    server.db.read(&server.ctx, store::next_decision).await
}

/// The charge as its authorisation is answered: at once, late, or not at all.
pub async fn wait(server: &Arc<Server>, charge: Charge) -> Result<Charge> {
    if charge.status != Status::Processing {
        return Ok(charge);
    }
    let wait = match charge.token {
        Token::Never => NEVER_ENDS_AFTER,
        _ => server.options.late,
    };
    tokio::select! {
        () = server.shutdown.requested() => {
            return Err(codes::UNAVAILABLE.error("the test provider ends"));
        }
        () = server.clock.sleep(wait) => {}
    }
    if charge.token == Token::Never {
        return Err(codes::DEADLINE.error("this token is never answered"));
    }
    // The loop above may not have come to it yet.
    decide_due(server).await?;
    let number = charge.number;
    server.db.read(&server.ctx, move |view| store::by_number(view, number)).await
}
