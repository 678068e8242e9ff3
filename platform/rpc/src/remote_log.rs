//! A producer's log read from another process: an event source over a channel.
//!
//! A feed holds one stream and reads it only when it is asked, so that a slow consumer slows its producer's stream and
//! nothing piles up between them but the window of HTTP/2.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Error, Result, codes};
use mainstay_events::{EventSource, Feed, Page, Position};
use tonic::Streaming;

use crate::channel::Channel;
use crate::request::{answer, open_ended_request, request};
use crate::status::error;
use crate::v1::event_log_client::EventLogClient;
use crate::v1::{FollowRequest, FollowResponse, NewestRequest};

/// The wait before a lost stream is opened again, doubled by each further failure up to the longest, of which a part
/// between half and all is taken: consumers that lost one producer come back apart.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The log of a producer in another process.
pub struct RemoteLog {
    client: EventLogClient<Channel>,
    producer: String,
    ctx: Context,
    clock: Clock,
}

impl RemoteLog {
    /// `consumer` is the service that reads, `channel` its way to the producer.
    pub fn new(consumer: &str, channel: Channel, clock: Clock) -> Self {
        let producer = channel.callee().to_owned();
        let ctx = Context::background(consumer.to_owned());
        Self { client: EventLogClient::new(channel), producer, ctx, clock }
    }
}

#[async_trait]
impl EventSource for RemoteLog {
    fn name(&self) -> &str {
        &self.producer
    }

    fn follow(&self, topic: &str, after: Position, limit: usize) -> Box<dyn Feed> {
        Box::new(RemoteFeed {
            client: self.client.clone(),
            producer: Arc::from(self.producer.as_str()),
            ctx: self.ctx.clone(),
            clock: self.clock.clone(),
            topic: topic.to_owned(),
            after,
            batch: u32::try_from(limit).unwrap_or(u32::MAX),
            stream: None,
            failures: 0,
        })
    }

    async fn newest(&self) -> Result<Position> {
        let mut client = self.client.clone();
        let newest = answer(client.newest(request(&self.ctx, NewestRequest {})).await)?;
        if newest.position < 0 {
            return Err(codes::DATA_LOSS.error(format!("the log of {} ends before it begins", self.producer)));
        }
        Ok(Position(newest.position))
    }
}

struct RemoteFeed {
    client: EventLogClient<Channel>,
    producer: Arc<str>,
    ctx: Context,
    clock: Clock,
    topic: String,
    after: Position,
    batch: u32,
    stream: Option<Streaming<FollowResponse>>,
    // Streams lost or not opened since the last page.
    failures: u32,
}

#[async_trait]
impl Feed for RemoteFeed {
    async fn next(&mut self) -> Result<Page> {
        loop {
            let stream = match self.stream.take() {
                Some(stream) => stream,
                None => self.open().await?,
            };
            // Put back before the wait: a dropped future keeps its stream, from which nothing was taken yet.
            let stream = self.stream.insert(stream);
            match stream.message().await {
                Ok(Some(response)) => return self.take(response),
                // The producer drains: it will be back, or another one in its place.
                Ok(None) => self.lose(),
                Err(status) => {
                    self.lose();
                    return Err(error(status));
                }
            }
        }
    }
}

impl RemoteFeed {
    async fn open(&mut self) -> Result<Streaming<FollowResponse>> {
        if self.failures > 0 {
            self.clock.sleep(wait(self.failures)).await;
        }
        let asked = FollowRequest { topic: self.topic.clone(), after: self.after.0, batch: self.batch };
        let outcome = answer(self.client.follow(open_ended_request(&self.ctx, asked)).await);
        if outcome.is_err() {
            self.lose();
        }
        outcome
    }

    fn lose(&mut self) {
        self.stream = None;
        self.failures = self.failures.saturating_add(1);
    }

    /// Checks that the producer goes on where this feed stands, and moves on.
    fn take(&mut self, response: FollowResponse) -> Result<Page> {
        let page = Page::try_from(response).and_then(|page| self.check(page));
        match page {
            Ok(mut page) => {
                for event in &mut page.events {
                    // One name for all instead of one for each.
                    event.source = Arc::clone(&self.producer);
                }
                self.after = page.through;
                self.failures = 0;
                Ok(page)
            }
            Err(error) => {
                self.lose();
                Err(error)
            }
        }
    }

    fn check(&self, page: Page) -> Result<Page> {
        let mut last = self.after;
        for event in &page.events {
            if event.position <= last {
                return Err(self.broken("its events are out of order"));
            }
            if *event.source != *self.producer {
                return Err(self.broken("it passes on events of others"));
            }
            last = event.position;
        }
        if page.through < last {
            return Err(self.broken("it has gone back"));
        }
        Ok(page)
    }

    fn broken(&self, why: &str) -> Error {
        codes::DATA_LOSS.error(format!("the log of {} cannot be followed: {why}", self.producer))
    }
}

fn wait(failures: u32) -> Duration {
    let longest = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(LONGEST_WAIT);
    longest.mul_f64(0.5 + 0.5 * rand::random::<f64>())
}
