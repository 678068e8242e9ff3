//! The long-running part: sweeps once a second, as long as this process leads.
//!
//! It takes no input and reads what is overdue, so it may run twice and miss nothing. The alternative, a job for each
//! hold, would cost two more writes a checkout for something that a checkout in time never needs.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Shutdown};
use mainstay_sql::{Leadership, Lease};

use crate::actions::{self, Stock};

/// How late a hold may be given back.
const PERIOD: Duration = Duration::from_secs(1);

/// Sweeps until the process ends.
pub async fn run(stock: Stock, leadership: Arc<Leadership>, shutdown: Shutdown) {
    let ctx = Context::background(shop_inventory_contracts::SERVICE);
    while !shutdown.is_requested() {
        tokio::select! {
            () = shutdown.requested() => return,
            lease = leadership.wait() => lead(&stock, &ctx, &lease, &shutdown).await,
        }
    }
}

async fn lead(stock: &Stock, ctx: &Context, lease: &Lease, shutdown: &Shutdown) {
    while !lease.is_lost() && !shutdown.is_requested() {
        match actions::sweep(stock, ctx, lease).await {
            Ok(swept) if swept.is_full() => continue,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error.chain = error.chain(), "overdue holds were not given back this time");
            }
        }
        tokio::select! {
            () = shutdown.requested() => return,
            () = lease.lost() => return,
            () = stock.db.clock().sleep(PERIOD) => {}
        }
    }
}
