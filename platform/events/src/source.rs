//! The port: where consumers read events from.
//!
//! The embedded engine is the producer's own [`Outbox`](crate::Outbox); `mainstay-rpc` reads the same log of a
//! producer in another process. An engine over an outside broker would implement the same two traits.
//!
//! It is a feed and not a `read(after)`, because each engine has something to hold between two reads: the embedded one
//! its place in the queue of who is woken by a commit (so that no commit falls between reading nothing and waiting),
//! the remote one its stream.

use async_trait::async_trait;
use mainstay_core::Result;

use crate::envelope::{Page, Position};

/// A producer's log of events.
#[async_trait]
pub trait EventSource: Send + Sync {
    /// The producer's name, such as `shop.orders`: half of a message's identity.
    fn name(&self) -> &str;

    /// Reads `topic` from just after `after`, at most `limit` events at a time. Costs nothing until the first `next`.
    fn follow(&self, topic: &str, after: Position, limit: usize) -> Box<dyn Feed>;

    /// Where the log ends: the position of the newest event of any topic. For readers that begin near the end.
    async fn newest(&self) -> Result<Position>;
}

/// One reader's place in a log.
#[async_trait]
pub trait Feed: Send {
    /// The next events, oldest first, waiting until there are some. An empty page is allowed, such as when others'
    /// events were passed over; its `through` says how far.
    ///
    /// Dropping the future loses nothing: the place moves only when a page is returned. Errors:
    /// `events.history_pruned` when the log no longer has what follows the place; any temporary error when the
    /// producer cannot be reached. After an error the feed may be asked again and goes on where it stood.
    async fn next(&mut self) -> Result<Page>;
}
