//! Follows a producer's log and fans it out: the way in which committed facts become messages.
//!
//! Each process follows by itself, from a little before the log's end, so that whoever comes back to a process that has
//! just started is given what it missed. Nothing is stored: the positions are the log's own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mainstay_core::{Clock, Pace, Result, Shutdown};
use mainstay_events::{Envelope, EventSource, Feed, Page, Position, codes};

use crate::fanout::{BATCH_MAX, Batch, Fanout, MESSAGE_BYTES_MAX, Message};
use crate::room::RoomName;

/// How far before its end a log is begun. Events of other topics count too, so it is some of what a history holds.
const BACKLOG: i64 = 4_096;

/// The least time between two looks at the log. What comes after a pause is fanned out at once; under load events gather
/// for as long as nobody sees, which saves a read for each commit.
const PACE: Duration = Duration::from_millis(5);

/// The wait after a failure, doubled up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What is pushed of an event: the key of its room, and JSON without line breaks. `None` pushes nothing.
type Render = dyn Fn(&Envelope) -> Result<Option<(String, Vec<u8>)>> + Send + Sync;

/// One topic of one producer, as messages to the rooms of one kind.
pub struct Follow {
    kind: &'static str,
    source: Arc<dyn EventSource>,
    topic: &'static str,
    render: Box<Render>,
}

impl Follow {
    /// Messages to the rooms of `kind` from the events of `topic`. An event that `render` refuses is logged and passed
    /// over: it must not hold up the others.
    pub fn new<F>(kind: &'static str, source: Arc<dyn EventSource>, topic: &'static str, render: F) -> Self
    where
        F: Fn(&Envelope) -> Result<Option<(String, Vec<u8>)>> + Send + Sync + 'static,
    {
        Self { kind, source, topic, render: Box::new(render) }
    }

    /// Follows until the shutdown, whatever fails meanwhile.
    pub async fn run(self, fanout: Arc<dyn Fanout>, clock: Clock, shutdown: Shutdown) {
        tokio::select! {
            () = shutdown.requested() => {}
            () = self.follow(fanout.as_ref(), &clock) => {}
        }
    }

    async fn follow(&self, fanout: &dyn Fanout, clock: &Clock) {
        let mut wait = FIRST_WAIT;
        let mut told = false;
        // Where to go on; unknown at first and when the log is not the one that was read.
        let mut place: Option<Position> = None;
        loop {
            let error = match self.follow_from(&mut place, fanout, &mut told).await {
                Ok(()) => continue,
                Err(error) => error,
            };
            if error.is(&codes::HISTORY_PRUNED) || error.is(&codes::HISTORY_REWOUND) {
                place = None;
            }
            // Said once when it begins to fail, not at each attempt.
            if !std::mem::replace(&mut told, true) {
                let (log, error) = (self.source.name(), error.chain());
                tracing::warn!(kind = self.kind, log, error, "the log of these rooms cannot be followed");
                wait = FIRST_WAIT;
            }
            clock.sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn follow_from(
        &self,
        place: &mut Option<Position>,
        fanout: &dyn Fanout,
        told: &mut bool,
    ) -> Result<()> {
        let (mut feed, mut begins_after) = match *place {
            Some(place) => (self.open(place), None),
            None => {
                let (feed, first) = self.begin().await?;
                let floor = first.floor;
                self.publish(fanout, first.page, Some(floor), place).await?;
                (feed, None)
            }
        };
        let mut pace = Pace::new(PACE);
        loop {
            pace.due().await;
            let page = feed.next().await?;
            pace.begin();
            *told = false;
            self.publish(fanout, page, begins_after.take(), place).await?;
        }
    }

    fn open(&self, after: Position) -> Box<dyn Feed> {
        self.source.follow(self.topic, after, BATCH_MAX)
    }

    /// Opens the log a little before its end.
    async fn begin(&self) -> Result<(Box<dyn Feed>, First)> {
        let newest = self.source.newest().await?;
        let floor = Position((newest.0 - BACKLOG).max(0));
        if newest == Position::START {
            // Nothing to wait for: who subscribes now need not wait for the first event ever.
            let page = Page { events: Vec::new(), through: floor };
            return Ok((self.open(floor), First { page, floor }));
        }
        let mut feed = self.open(floor);
        match feed.next().await {
            Ok(page) => Ok((feed, First { page, floor })),
            Err(error) if error.is(&codes::HISTORY_PRUNED) => {
                // The log keeps less than that: all of it, and nothing is known before its first event.
                let mut feed = self.open(Position::START);
                let page = feed.next().await?;
                let floor = page.events.first().map_or(page.through, |first| Position(first.position.0 - 1));
                Ok((feed, First { page, floor }))
            }
            Err(error) => Err(error),
        }
    }

    async fn publish(
        &self,
        fanout: &dyn Fanout,
        page: Page,
        begins_after: Option<Position>,
        place: &mut Option<Position>,
    ) -> Result<()> {
        let through = page.through;
        let messages = page.events.iter().filter_map(|event| self.message(event)).collect();
        fanout.publish(Batch { kind: self.kind, begins_after, messages, through }).await?;
        // Only now: what was read and not fanned out is read again.
        *place = Some(through);
        Ok(())
    }

    fn message(&self, event: &Envelope) -> Option<Message> {
        let rendered = (self.render)(event).and_then(|rendered| {
            let Some((key, data)) = rendered else { return Ok(None) };
            let room = RoomName::new(self.kind, &key)?;
            Ok(Some(Message { room, position: event.position, data: Bytes::from(data) }))
        });
        match rendered {
            Ok(message) => message.filter(|message| message.data.len() <= MESSAGE_BYTES_MAX),
            Err(error) => {
                let (kind, position) = (self.kind, event.position.0);
                tracing::warn!(kind, position, error = error.chain(), "an event makes no message");
                None
            }
        }
    }
}

/// The first page of a log that is begun.
struct First {
    page: Page,
    floor: Position,
}
