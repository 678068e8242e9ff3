//! Merge the pieces that commits leave in the index of texts, as soon as nobody writes.
//!
//! Merged as they come, they would cost an import a third of what the index does, and never be as few: each search looks
//! into all of them.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Context, Result, Shutdown};
use mainstay_sql::{Leadership, Lease};

use super::Catalog;
use crate::store;

/// How often it is looked. Two looks that see the same texts are a pause of those who write.
const PERIOD: Duration = Duration::from_secs(5);

/// How often texts had changed.
type Count = i64;

/// Tidies until the shutdown, whenever this process leads the service.
pub async fn tidy_texts(catalog: Catalog, leadership: Arc<Leadership>, shutdown: Shutdown) {
    let ctx = Context::background(catalog.db.name().to_owned());
    let (mut seen, mut tidied) = (None, None);
    loop {
        let lease = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            lease = leadership.wait() => lease,
        };
        match look(&catalog, &ctx, &lease, &shutdown, seen, tidied).await {
            Ok((now, done)) => {
                seen = Some(now);
                tidied = done;
            }
            Err(error) => tracing::warn!(error = error.chain(), "the index of texts could not be tidied"),
        }
        tokio::select! {
            () = shutdown.requested() => return,
            () = catalog.db.clock().sleep(PERIOD) => {}
        }
    }
}

/// Tidies when nothing has changed since it was looked last, but something since it was tidied; how often texts have changed
/// now, and when they were last tidied.
pub(super) async fn look(
    catalog: &Catalog,
    ctx: &Context,
    lease: &Lease,
    shutdown: &Shutdown,
    seen: Option<Count>,
    tidied: Option<Count>,
) -> Result<(Count, Option<Count>)> {
    let count = async || catalog.db.read(ctx, |view| Ok(store::changes(view)?.1)).await;
    let now = count().await?;
    if seen != Some(now) || tidied == Some(now) {
        return Ok((now, tidied));
    }
    loop {
        let search = catalog.search.clone();
        if !catalog.db.write_as(ctx, lease, move |tx| search.tidy(tx)).await? {
            return Ok((now, Some(now)));
        }
        // Who writes goes first.
        let later = count().await?;
        if later != now || shutdown.is_requested() {
            return Ok((later, tidied));
        }
    }
}
