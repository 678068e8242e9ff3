//! The live tail: server-sent events whose ids are places in the order of arrival.
//!
//! A tail reads from the tables, woken by commits, so it has nothing in memory that could fill: who reads slowly is
//! behind, and goes on where it was. So does who comes back with `Last-Event-ID`.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use mainstay_core::{Context, Result};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::codes::TOO_MANY_TAILS;
use crate::store::{LineQuery, Store, TraceQuery};

/// Tails at once: a few people with a few windows each.
const TAILS_MAX: usize = 32;

/// Rows that are read at once.
const PAGE: usize = 100;

/// Without news a comment is sent, so that whoever stands between does not take the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The tails of a process.
#[derive(Clone)]
pub(super) struct Tails(Arc<Semaphore>);

impl Default for Tails {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TAILS_MAX)))
    }
}

impl Tails {
    pub(super) fn traces(&self, store: Store, query: TraceQuery, headers: &HeaderMap) -> Result<Response> {
        let written = store.written();
        self.open(headers, query.after, written, move |after| {
            let (store, query) = (store.clone(), query.clone());
            async move {
                let ctx = Context::background("mainstay.observe");
                let Some(after) = after else {
                    let latest =
                        store.traces(&ctx, TraceQuery { limit: Some(1), ..TraceQuery::default() }).await?;
                    return Ok(Page::start(latest.first().map(|trace| trace.id)));
                };
                let next = TraceQuery { after: Some(after), limit: Some(PAGE), ..query };
                Ok(Page::of(store.traces(&ctx, next).await?, |trace| trace.id))
            }
        })
    }

    pub(super) fn lines(&self, store: Store, query: LineQuery, headers: &HeaderMap) -> Result<Response> {
        let written = store.written();
        self.open(headers, query.after, written, move |after| {
            let (store, query) = (store.clone(), query.clone());
            async move {
                let ctx = Context::background("mainstay.observe");
                let Some(after) = after else {
                    let latest =
                        store.lines(&ctx, LineQuery { limit: Some(1), ..LineQuery::default() }).await?;
                    return Ok(Page::start(latest.first().map(|line| line.id)));
                };
                let next = LineQuery { after: Some(after), limit: Some(PAGE as u32), ..query };
                Ok(Page::of(store.lines(&ctx, next).await?, |line| line.id))
            }
        })
    }

    fn open<F, P>(
        &self,
        headers: &HeaderMap,
        asked: Option<i64>,
        written: watch::Receiver<u64>,
        read: F,
    ) -> Result<Response>
    where
        F: Fn(Option<i64>) -> P + Send + 'static,
        P: Future<Output = Result<Page>> + Send + 'static,
    {
        let place = Arc::clone(&self.0)
            .try_acquire_owned()
            .map_err(|_| TOO_MANY_TAILS.error(format!("{TAILS_MAX} tails are open already")))?;
        let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
        let follower = Follower { after: last.or(asked), waiting: Vec::new(), written, read, _place: place };
        Ok(Sse::new(follower.events()).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
    }
}

/// Rows that were read, and how far that goes.
struct Page {
    rows: Vec<(i64, String)>,
    /// Where to go on when there are no rows.
    start: Option<i64>,
}

impl Page {
    fn start(latest: Option<i64>) -> Self {
        Self { rows: Vec::new(), start: Some(latest.unwrap_or_default()) }
    }

    fn of<T: Serialize>(rows: Vec<T>, id: impl Fn(&T) -> i64) -> Self {
        let text = |row: &T| serde_json::to_string(row).unwrap_or_default();
        Self { rows: rows.iter().map(|row| (id(row), text(row))).collect(), start: None }
    }
}

struct Follower<F> {
    after: Option<i64>,
    /// The latest last, so that the next one is popped.
    waiting: Vec<(i64, String)>,
    written: watch::Receiver<u64>,
    read: F,
    _place: OwnedSemaphorePermit,
}

impl<F, P> Follower<F>
where
    F: Fn(Option<i64>) -> P + Send + 'static,
    P: Future<Output = Result<Page>> + Send + 'static,
{
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
        stream::unfold(self, |mut follower| async move {
            loop {
                if let Some((id, text)) = follower.waiting.pop() {
                    follower.after = Some(id);
                    return Some((Ok(Event::default().id(id.to_string()).data(text)), follower));
                }
                // What is written from here on wakes, so that nothing falls between reading and waiting.
                follower.written.borrow_and_update();
                match (follower.read)(follower.after).await {
                    Ok(Page { start: Some(start), .. }) => follower.after = Some(start),
                    Ok(Page { rows, .. }) if !rows.is_empty() => {
                        follower.waiting = rows;
                        follower.waiting.reverse();
                    }
                    Ok(_) => {
                        if follower.written.changed().await.is_err() {
                            return None;
                        }
                    }
                    Err(error) => {
                        tracing::warn!(error = error.chain(), "a tail ended");
                        return None;
                    }
                }
            }
        })
    }
}
