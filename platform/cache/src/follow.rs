//! Invalidation by events: what other processes of a service changed.
//!
//! Every process follows, not only the one that has the service's lease, and none stores a position: what was told
//! before a process began is in nothing that it has cached. When the log cannot be read for a while, everything is
//! invalidated, for nothing is known of the meantime.

use std::time::Duration;

use mainstay_core::{Result, Shutdown};
use mainstay_events::{Event, EventSource, Outbox, Topic};

use crate::cache::Cache;
use crate::store::Tag;

/// Events looked at together.
const PAGE: usize = 256;

/// Before a log that could not be read is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Invalidates what the events of a topic touch, until the shutdown. An event that cannot be read touches everything.
pub async fn follow<E: Event>(
    cache: Cache,
    outbox: Outbox,
    topic: &Topic<E>,
    tags: impl Fn(&E) -> Vec<Tag> + Send + Sync,
    shutdown: Shutdown,
) {
    loop {
        let followed = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            followed = follow_from_now(&cache, &outbox, topic, &tags) => followed,
        };
        if let Err(error) = followed {
            tracing::warn!(
                cache = cache.name(),
                error = error.chain(),
                "changes could not be followed; everything cached is loaded anew"
            );
        }
        // A store that cannot be asked is counted there; values end by their age.
        let _ = cache.invalidate_all().await;
        tokio::select! {
            () = shutdown.requested() => return,
            () = cache.clock().sleep(PAUSE) => {}
        }
    }
}

async fn follow_from_now<E: Event>(
    cache: &Cache,
    outbox: &Outbox,
    topic: &Topic<E>,
    tags: &(impl Fn(&E) -> Vec<Tag> + Send + Sync),
) -> Result<()> {
    let mut feed = outbox.follow(topic.name(), outbox.newest().await?, PAGE);
    // What was cached before the place was known may have missed a change.
    cache.invalidate_all().await?;
    loop {
        let events = feed.next().await?.events;
        let touched =
            events.iter().map(|envelope| E::decode(envelope.data.as_slice()).map(|event| tags(&event)));
        // Together, since a bulk change has hundreds.
        match touched.collect::<Result<Vec<_>, _>>() {
            Ok(touched) => cache.invalidate(&touched.concat()).await?,
            Err(_) => cache.invalidate_all().await?,
        }
    }
}
