//! A producer's log for consumers in other processes: the server of `mainstay.v1.EventLog`.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use mainstay_core::{Result, Shutdown, codes};
use mainstay_events::{EventSource, Feed, Page, Position};
use tonic::{Request, Response, Status};

use crate::mount::RpcService;
use crate::request::{context, reply};
use crate::status::status;
use crate::v1::event_log_server::{EventLog, EventLogServer};
use crate::v1::{FILE_DESCRIPTOR_SET, FollowRequest, FollowResponse, NewestRequest, NewestResponse};

/// The most events in one answer, whatever the caller asks for.
const BATCH_MAX: u32 = 1_000;

/// An answer is closed when its events' data passes this, so that with the largest event (256 KiB) on top it stays
/// well below the limit of a message.
const ANSWER_BYTES: usize = 1024 * 1024;

/// Serves `source` to other services until `shutdown`, when streams end and consumers go on elsewhere or later.
pub fn event_log(source: Arc<dyn EventSource>, shutdown: Shutdown) -> RpcService {
    RpcService::new(EventLogServer::new(Log { source, shutdown }), FILE_DESCRIPTOR_SET)
}

struct Log {
    source: Arc<dyn EventSource>,
    shutdown: Shutdown,
}

impl Log {
    fn follow(&self, request: &Request<FollowRequest>) -> Result<Answers> {
        // Events have what services tell each other, addresses of people among it.
        context(request)?.principal().require_service()?;
        let asked = request.get_ref();
        if asked.topic.is_empty() || asked.after < 0 {
            return Err(codes::INVALID.error("a topic and a position of 0 or more are needed"));
        }
        let limit = asked.batch.clamp(1, BATCH_MAX) as usize;
        let feed = self.source.follow(&asked.topic, Position(asked.after), limit);
        let follower = Follower { feed, shutdown: self.shutdown.clone(), rest: None };
        Ok(Box::pin(futures::stream::unfold(Some(follower), Follower::step)))
    }
}

impl Log {
    async fn end(&self, request: &Request<NewestRequest>) -> Result<NewestResponse> {
        context(request)?.principal().require_service()?;
        Ok(NewestResponse { position: self.source.newest().await?.0 })
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<FollowResponse, Status>> + Send>>;

#[tonic::async_trait]
impl EventLog for Log {
    type FollowStream = Answers;

    async fn follow(&self, request: Request<FollowRequest>) -> Result<Response<Answers>, Status> {
        reply(self.follow(&request))
    }

    async fn newest(&self, request: Request<NewestRequest>) -> Result<Response<NewestResponse>, Status> {
        reply(self.end(&request).await)
    }
}

struct Follower {
    feed: Box<dyn Feed>,
    shutdown: Shutdown,
    // What of a page did not fit into one answer.
    rest: Option<Page>,
}

impl Follower {
    /// The next answer and who makes the one after it; an error ends the stream, and the caller asks again.
    async fn step(follower: Option<Self>) -> Option<(Result<FollowResponse, Status>, Option<Self>)> {
        let mut follower = follower?;
        let page = match follower.rest.take() {
            Some(rest) => Ok(rest),
            None => tokio::select! {
                biased;
                () = follower.shutdown.requested() => return None,
                page = follower.feed.next() => page,
            },
        };
        match page {
            Ok(page) => {
                let (now, rest) = split(page);
                follower.rest = rest;
                Some((Ok(now.into()), Some(follower)))
            }
            Err(error) => Some((Err(status(&error)), None)),
        }
    }
}

/// What goes into one answer, and the rest.
fn split(mut page: Page) -> (Page, Option<Page>) {
    let mut bytes = 0;
    let full = page.events.iter().position(|event| {
        bytes += event.data.len();
        bytes >= ANSWER_BYTES
    });
    match full {
        Some(last) if last + 1 < page.events.len() => {
            let events = page.events.split_off(last + 1);
            let rest = Page { events, through: page.through };
            // Only the last part may claim what lies beyond its events.
            let through = page.events[last].position;
            (Page { events: page.events, through }, Some(rest))
        }
        Some(_) | None => (page, None),
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Id, Timestamp};
    use mainstay_events::Envelope;

    use super::*;

    fn page(sizes: &[usize], through: i64) -> Page {
        let envelope = |(place, size): (usize, &usize)| Envelope {
            position: Position(place as i64 + 1),
            id: Id::from_bytes([place as u8; 16]),
            source: "shop.orders".into(),
            event_type: String::new(),
            key: String::new(),
            time: Timestamp::from_micros(0),
            trace: None,
            data: vec![0; *size],
        };
        Page { events: sizes.iter().enumerate().map(envelope).collect(), through: Position(through) }
    }

    #[test]
    fn a_large_page_is_cut_without_losing_or_claiming_anything() {
        let whole = page(&[ANSWER_BYTES / 2, ANSWER_BYTES / 2, 7, ANSWER_BYTES, 1], 99);
        let mut seen = Vec::new();
        let mut rest = Some(whole.clone());
        let mut through = Vec::new();
        while let Some(left) = rest {
            let (now, later) = split(left);
            assert!(now.through >= now.events.last().unwrap().position);
            through.push(now.through);
            seen.extend(now.events);
            rest = later;
        }
        assert_eq!(seen, whole.events);
        assert_eq!(through, [Position(2), Position(4), Position(99)]);
    }

    #[test]
    fn a_small_page_stays_whole() {
        for whole in [page(&[], 5), page(&[1, 2, 3], 3), page(&[ANSWER_BYTES * 2], 1)] {
            assert_eq!(split(whole.clone()), (whole, None));
        }
    }
}
