//! The producer's side: a table in the producer's own database, written in the transaction of the change.
//!
//! On SQLite the one writer makes the order of positions the order of commits, so a reader that remembers the last
//! position misses nothing. An engine where that does not hold needs a source of its own.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Context, Id, Result};
use mainstay_sql::{Database, Tx, Wake};

use crate::codes;
use crate::envelope::Position;
use crate::event::{Event, EventKind, Topic};
use crate::metrics::Metrics;
use crate::source::{EventSource, Feed};
use crate::trace;

mod feed;

/// The largest event: consumers hold a page of them in memory, and what is larger is a file, not a fact.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// The longest key: an id with a prefix is 30 bytes; this leaves room for two and a separator and keeps the index of
/// parked keys small.
pub const MAX_KEY_BYTES: usize = 200;

const INSERT: &str =
    "INSERT INTO outbox (id, topic, type, key, at, trace, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Where a service tells what happened. Cheap to clone; make one a service, since clones wake each other's readers
/// and two of them would only find each other's events by looking again.
#[derive(Clone)]
pub struct Outbox {
    db: Database,
    source: Arc<str>,
    wake: Arc<Wake>,
    metrics: Metrics,
}

impl Outbox {
    /// `source` is the service's name, such as `shop.inventory`. The database must have [`crate::MIGRATIONS`].
    pub fn new(db: Database, source: impl Into<Arc<str>>) -> Self {
        Self { db, source: source.into(), wake: Wake::new(), metrics: Metrics::unregistered() }
    }

    /// Counts into these metrics instead of ones that nobody collects.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// Tells `event` on `topic` if, and only if, the transaction commits; consumers are woken then.
    ///
    /// Events of one `key` reach a consumer in the order of these calls. Errors: `events.too_large` for an event
    /// above [`MAX_EVENT_BYTES`] or a key above [`MAX_KEY_BYTES`].
    pub fn append<E: Event>(
        &self,
        tx: &Tx<'_>,
        ctx: &Context,
        topic: &Topic<E>,
        key: &str,
        event: &E,
    ) -> Result<()> {
        let data = event.encode_to_vec();
        if data.len() > MAX_EVENT_BYTES || key.len() > MAX_KEY_BYTES {
            return Err(codes::TOO_LARGE.error(format!(
                "an event has at most {MAX_EVENT_BYTES} bytes and its key {MAX_KEY_BYTES}; these are {} and {}",
                data.len(),
                key.len()
            )));
        }
        let id = Id::<EventKind>::generate(self.db.clock());
        let span = trace::sending(ctx, topic.name(), &id);
        let trace = span.context().trace().to_bytes();
        tx.execute(
            INSERT,
            &[
                (&id).into(),
                topic.name().into(),
                E::TYPE.into(),
                key.into(),
                tx.now().into(),
                (&trace).into(),
                (&data).into(),
            ],
        )?;
        tx.after_commit(&self.wake);
        self.metrics.appended.inc();
        Ok(())
    }

    /// The position of the newest event of any topic.
    pub async fn newest(&self) -> Result<Position> {
        let context = Context::background(self.source.to_string());
        self.db
            .read(&context, |view| {
                view.query_one("SELECT coalesce(max(position), 0) FROM outbox", &[], |row| row.get(0))
            })
            .await
            .map(|newest| Position(newest.unwrap_or(0)))
    }
}

#[async_trait]
impl EventSource for Outbox {
    fn name(&self) -> &str {
        &self.source
    }

    fn follow(&self, topic: &str, after: Position, limit: usize) -> Box<dyn Feed> {
        Box::new(feed::TableFeed::new(self.clone(), topic, after, limit))
    }

    async fn newest(&self) -> Result<Position> {
        Outbox::newest(self).await
    }
}
