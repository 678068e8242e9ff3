//! The loop of one consumer: hold the lease, read a page, commit it, try again what is parked.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use mainstay_core::lifecycle::panic_message;
use mainstay_core::{Clock, Context, Error, Monotonic, Pace, Result, Shutdown, codes};
use mainstay_sql::{Database, Leadership, Lease, codes as sql};
use tokio::sync::watch;

use super::batch::Outcome;
use super::store::{self, Progress};
use super::{ConsumerState, ConsumerStatus, Following, Inner};
use crate::envelope::Page;
use crate::metrics::ConsumerMetrics;
use crate::source::Feed;
use crate::subscription::Consumer;

mod commit;

/// While something is parked: how soon a person's replay or skip, made in another process, is noticed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The wait after a database or a producer failed: short, since both come back by themselves, and doubled each time
/// up to a few seconds, so that an outage costs neither load nor a flood of log lines.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(super) struct Worker {
    consumer: Arc<Consumer>,
    db: Database,
    leadership: Arc<Leadership>,
    status: watch::Sender<ConsumerStatus>,
    metrics: ConsumerMetrics,
    context: Context,
}

// What the loop remembers between two turns.
struct Place {
    feed: Box<dyn Feed>,
    progress: Progress,
    // Events in the next transaction; halved when one is refused, so that the guilty event is found.
    batch: usize,
    full: bool,
    // When to look at the parked keys; not at all while nothing is parked.
    look_at: Option<Monotonic>,
    pace: Pace,
}

enum Turn {
    Stop,
    Look,
    Page(Result<Page>),
}

// Whether the loop goes on from where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    // The stored place is not where the feed is: somebody moved it, or there is room again after a stand-still.
    ReadPlace,
}

impl Worker {
    pub(super) fn new(inner: &Inner, consumer: Consumer, status: watch::Sender<ConsumerStatus>) -> Self {
        Self {
            metrics: inner.metrics.of(&consumer.name()),
            consumer: Arc::new(consumer),
            context: Context::background(inner.db.name().to_owned()),
            db: inner.db.clone(),
            leadership: Arc::clone(&inner.leadership),
            status,
        }
    }

    pub(super) async fn run(self, shutdown: Shutdown) {
        let mut pause = FIRST_PAUSE;
        while !shutdown.is_requested() {
            self.tell(ConsumerState::Waiting);
            let lease = tokio::select! {
                biased;
                () = shutdown.requested() => return,
                lease = self.leadership.wait() => lease,
            };
            let before = self.status.borrow().position;
            // A panic in here, such as of a source, must not end the consumer for good.
            let led = AssertUnwindSafe(self.lead(&lease, &shutdown)).catch_unwind().await;
            let error = match led.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
                Ok(()) => continue,
                Err(error) if error.is(&sql::LEASE_LOST) => continue,
                Err(error) => error,
            };
            // It came further than last time, so this is a new failure and not the old one.
            if self.status.borrow().position > before {
                pause = FIRST_PAUSE;
            }
            self.tell_failure(&error);
            tokio::select! {
                biased;
                () = shutdown.requested() => return,
                () = self.clock().sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn clock(&self) -> &Clock {
        self.db.clock()
    }

    // Follows from the stored position until the lease is lost, the process ends, or something fails.
    async fn lead(&self, lease: &Lease, shutdown: &Shutdown) -> Result<()> {
        let following = Arc::new(self.register(lease).await?);
        let mut place = self.place(&following).await?;
        loop {
            let next = match self.turn(&mut place, lease, shutdown).await {
                Turn::Stop => return Ok(()),
                Turn::Look => self.look(&following, lease, &mut place).await?,
                Turn::Page(page) => {
                    place.pace.begin();
                    self.take(&following, lease, &mut place, page?).await?
                }
            };
            if next == Next::ReadPlace {
                place = self.place(&following).await?;
            }
        }
    }

    async fn register(&self, lease: &Lease) -> Result<Following> {
        let (name, topic) = (self.consumer.name(), self.consumer.topic);
        let source: Arc<str> = self.consumer.source.name().into();
        let producer = Arc::clone(&source);
        let number = self
            .db
            .write_as(&self.context, lease, move |tx| store::register(tx, &name, &producer, topic))
            .await?;
        let (consumer, context) = (Arc::clone(&self.consumer), self.context.clone());
        let (name, service) = (consumer.name().into(), self.db.label().clone());
        Ok(Following { name, service, consumer, number, source, context })
    }

    // The stored place, with a new feed from there.
    async fn place(&self, following: &Following) -> Result<Place> {
        let number = following.number;
        let progress = self.db.read(&self.context, move |view| store::progress(view, number)).await?;
        let settings = &self.consumer.settings;
        let now = self.clock().monotonic();
        let place = Place {
            feed: self.consumer.source.follow(self.consumer.topic, progress.position, settings.batch),
            progress,
            batch: settings.batch,
            full: false,
            look_at: (progress.parked > 0).then_some(now),
            pace: Pace::new(settings.pace),
        };
        self.tell_place(&place);
        Ok(place)
    }

    async fn turn(&self, place: &mut Place, lease: &Lease, shutdown: &Shutdown) -> Turn {
        let clock = self.clock();
        let (look_at, full, pace) = (place.look_at, place.full, place.pace);
        let look = async {
            match look_at {
                Some(at) => clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        let page = async {
            pace.due().await;
            place.feed.next().await
        };
        tokio::select! {
            biased;
            () = shutdown.requested() => Turn::Stop,
            () = lease.lost() => Turn::Stop,
            () = look => Turn::Look,
            page = page, if !full => Turn::Page(page),
        }
    }

    // What a committed transaction did, for the place, the log, the metrics and whoever watches.
    fn settle(&self, place: &mut Place, outcome: Outcome) -> Next {
        self.metrics.count(&outcome);
        for failure in &outcome.failures {
            let (consumer, key, attempt) = (&*self.consumer.name(), &*failure.key, failure.attempt);
            let (event, error) = (failure.id, failure.error.chain());
            if failure.dead {
                tracing::error!(consumer, key, %event, attempt, error, "a key is dead: its events wait for a person");
            } else {
                tracing::warn!(consumer, key, %event, attempt, error, "an event failed and its key is parked");
            }
        }
        place.progress = outcome.progress;
        place.full = outcome.full;
        if outcome.progress.parked > 0 && (place.look_at.is_none() || !outcome.failures.is_empty()) {
            place.look_at = Some(self.clock().monotonic());
        }
        self.tell_place(place);
        if outcome.moved { Next::ReadPlace } else { Next::GoOn }
    }

    // When the parked keys are looked at next.
    async fn plan_look(&self, following: &Following, place: &mut Place) -> Result<()> {
        let number = following.number;
        let (progress, due) = self
            .db
            .read(&self.context, move |view| {
                Ok((store::progress(view, number)?, store::next_due(view, number)?))
            })
            .await?;
        place.progress.parked = progress.parked;
        let now = self.clock().now();
        let nap = due.map_or(LOOK_AGAIN, |due| due.since(now).min(LOOK_AGAIN));
        place.look_at = (progress.parked > 0).then(|| self.clock().monotonic() + nap);
        self.tell_place(place);
        Ok(())
    }

    fn tell(&self, state: ConsumerState) {
        self.status.send_if_modified(|status| {
            let modified = status.state != state;
            status.state = state;
            modified
        });
    }

    fn tell_place(&self, place: &Place) {
        self.status.send_modify(|status| {
            status.state = if place.full { ConsumerState::Full } else { ConsumerState::Following };
            status.position = place.progress.position;
            status.parked = place.progress.parked;
        });
        self.metrics.place(place.progress.position, place.progress.parked);
    }

    // Logged when it begins, not each time it is tried.
    fn tell_failure(&self, error: &Error) {
        self.metrics.failed_batches.inc();
        let state =
            ConsumerState::Failing { code: error.code().to_owned(), reason: error.message().to_owned() };
        if self.status.send_if_modified(|status| std::mem::replace(&mut status.state, state.clone()) != state)
        {
            tracing::error!(
                consumer = self.consumer.name(),
                error = error.chain(),
                "a consumer cannot go on"
            );
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    codes::INTERNAL.because("the consumer panicked", panic_message(panic).to_owned())
}
