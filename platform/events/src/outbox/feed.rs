//! Reads the outbox as a feed: wakes with the commit that appends, and looks by itself once a second, because another
//! process may write to the file.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Context, Result, TraceContext};
use mainstay_sql::{Row, Value, Waiter};

use super::Outbox;
use crate::codes;
use crate::envelope::{Envelope, Page, Position};
use crate::source::Feed;

/// How long a commit of another process may go unseen. Commits of this process are seen at once.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The bytes of one page, after which it ends before its limit of rows: with the largest events a page of them would
/// be tens of megabytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

// Rows of other topics are passed over here and not by the statement, so that the page knows how far it has read.
const SELECT: &str = "SELECT position, topic = ?2, id, type, key, at, trace, data \
     FROM outbox WHERE position > ?1 ORDER BY position LIMIT ?3";

pub(super) struct TableFeed {
    outbox: Outbox,
    topic: Arc<str>,
    after: Position,
    limit: usize,
    waiter: Waiter,
    // The last read came to the end of the log: wait before the next one.
    at_end: bool,
    // The place was compared with the log's ends.
    checked: bool,
    context: Context,
}

impl TableFeed {
    pub(super) fn new(outbox: Outbox, topic: &str, after: Position, limit: usize) -> Self {
        let context = Context::background(outbox.source.to_string());
        let waiter = outbox.wake.subscribe();
        Self {
            topic: topic.into(),
            after,
            limit: limit.max(1),
            waiter,
            at_end: false,
            checked: false,
            context,
            outbox,
        }
    }

    async fn read(&self) -> Result<Read> {
        let (topic, after, limit) = (Arc::clone(&self.topic), self.after, self.limit);
        let source = Arc::clone(&self.outbox.source);
        self.outbox
            .db
            .read(&self.context, move |view| {
                let page = Page { events: Vec::new(), through: after };
                let mut read = Read { page, rows: 0, first: None, cut_short: false };
                let mut bytes = 0;
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                view.for_each(SELECT, &[after.0.into(), (&*topic).into(), limit.into()], |row| {
                    if bytes >= PAGE_BYTES {
                        read.cut_short = true;
                        return Ok(());
                    }
                    let position = Position(row.get(0)?);
                    read.first.get_or_insert(position);
                    read.rows += 1;
                    read.page.through = position;
                    if row.get(1)? {
                        let envelope = envelope(row, position, &source)?;
                        bytes += envelope.data.len();
                        read.page.events.push(envelope);
                    }
                    Ok(())
                })?;
                Ok(read)
            })
            .await
    }

    // A log has no gaps but the one that pruning leaves at its front, behind which a new consumer starts, and it only
    // grows, unless somebody puts back an older copy of the database. Either way events would be missed silently.
    async fn refuse_broken_history(&mut self, read: &Read) -> Result<()> {
        let (source, topic, after) = (&self.outbox.source, &self.topic, self.after);
        if after == Position::START {
            return Ok(());
        }
        if let Some(first) = read.first {
            if first.0 > after.0 + 1 {
                return Err(codes::HISTORY_PRUNED.error(format!(
                    "{source} keeps events from position {first} on, and {topic} was read up to {after}"
                )));
            }
        } else if !self.checked {
            let newest = self.outbox.newest().await?;
            if newest < after {
                return Err(codes::HISTORY_REWOUND.error(format!(
                    "{source} ends at position {newest}, and {topic} was read up to {after}"
                )));
            }
        }
        self.checked = true;
        Ok(())
    }
}

struct Read {
    page: Page,
    // Of all topics.
    rows: usize,
    // It ended because of its size, so there is more.
    cut_short: bool,
    // The first position found, whatever its topic: it shows a gap.
    first: Option<Position>,
}

fn envelope(row: &Row<'_>, position: Position, source: &Arc<str>) -> Result<Envelope> {
    Ok(Envelope {
        position,
        source: Arc::clone(source),
        id: row.get(2)?,
        event_type: row.get(3)?,
        key: row.get(4)?,
        time: row.get(5)?,
        trace: match row.value(6)? {
            Value::Blob(bytes) => TraceContext::from_bytes(bytes),
            _ => None,
        },
        data: row.get(7)?,
    })
}

#[async_trait]
impl Feed for TableFeed {
    async fn next(&mut self) -> Result<Page> {
        loop {
            if self.at_end {
                self.waiter.wait_or(self.outbox.db.clock(), LOOK_AGAIN).await;
                self.at_end = false;
            }
            let read = self.read().await?;
            self.refuse_broken_history(&read).await?;
            self.at_end = read.rows < self.limit && !read.cut_short;
            if read.page.through > self.after {
                self.after = read.page.through;
                return Ok(read.page);
            }
        }
    }
}
