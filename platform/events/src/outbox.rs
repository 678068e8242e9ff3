//! The producer's side: a table in the producer's own database, written in the transaction of the change.
//!
//! On SQLite the one writer makes the order of positions the order of commits, so a reader that remembers the last
//! position misses nothing. An engine where that does not hold needs a source of its own.

use std::borrow::Borrow;
use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Result, Timestamp};
use mainstay_sql::{Database, Param, Tx, Wake};
use mainstay_telemetry::SpanGuard;

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

/// Bytes of events that are held in memory before they are written.
const BYTES_AT_ONCE: usize = 1024 * 1024;

const INSERT: &str = "INSERT INTO outbox (id, topic, type, key, at, trace, data) VALUES :rows";

/// An event as its row has it.
struct Written<K> {
    id: Id<EventKind>,
    key: K,
    trace: [u8; 25],
    data: Vec<u8>,
    // Ends when the event is written.
    _span: SpanGuard,
}

impl<K: AsRef<str>> Written<K> {
    fn new<E: Event>(clock: &Clock, ctx: &Context, topic: &Topic<E>, key: K, event: &E) -> Result<Self> {
        let data = event.encode_to_vec();
        if data.len() > MAX_EVENT_BYTES || key.as_ref().len() > MAX_KEY_BYTES {
            return Err(codes::TOO_LARGE.error(format!(
                "an event has at most {MAX_EVENT_BYTES} bytes and its key {MAX_KEY_BYTES}; these are {} and {}",
                data.len(),
                key.as_ref().len()
            )));
        }
        let id = Id::generate(clock);
        let span = trace::sending(ctx, topic.name(), &id);
        Ok(Self { id, key, trace: span.context().trace().to_bytes(), data, _span: span })
    }

    fn row<'a>(&'a self, topic: &'a str, kind: &'a str, at: Timestamp) -> [Param<'a>; 7] {
        let Self { id, key, trace, data, .. } = self;
        [id.into(), topic.into(), kind.into(), key.as_ref().into(), at.into(), trace.into(), data.into()]
    }
}

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
        self.append_all(tx, ctx, topic, [(key, event)])
    }

    /// [`Outbox::append`] of many events in their order, which costs less than one after the other.
    pub fn append_all<K: AsRef<str>, E: Event>(
        &self,
        tx: &Tx<'_>,
        ctx: &Context,
        topic: &Topic<E>,
        events: impl IntoIterator<Item = (K, impl Borrow<E>)>,
    ) -> Result<()> {
        let mut written = Vec::new();
        let mut bytes = 0;
        for (key, event) in events {
            let one = Written::new(self.db.clock(), ctx, topic, key, event.borrow())?;
            bytes += one.data.len();
            written.push(one);
            if bytes > BYTES_AT_ONCE {
                self.insert(tx, topic, &written)?;
                written.clear();
                bytes = 0;
            }
        }
        self.insert(tx, topic, &written)
    }

    fn insert<K: AsRef<str>, E: Event>(
        &self,
        tx: &Tx<'_>,
        topic: &Topic<E>,
        events: &[Written<K>],
    ) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let at = tx.now();
        let row = |one| Written::row(one, topic.name(), E::TYPE, at);
        let rows: Vec<[Param<'_>; 7]> = events.iter().map(row).collect();
        tx.execute_rows(INSERT, &rows)?;
        tx.after_commit(&self.wake);
        self.metrics.appended.inc_by(events.len() as u64);
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
