//! Commits pages and retries, and finds the one event that makes a whole transaction fail.
//!
//! A handler's own error never gets here: it parks its key. What does is a refusal of the transaction: by the state of
//! the machine (a full disk, a lost lease), which is waited out, or because of something that an event's handler did,
//! such as running for too long. Then the page is tried in halves until the guilty event is alone, and that one is
//! parked without being handled.

use std::sync::Arc;

use mainstay_core::{Error, Result};
use mainstay_sql::{Lease, codes as sql};

use super::{Following, Next, Place, Worker};
use crate::codes;
use crate::consumers::batch::{self, Blame, Extent, Outcome};
use crate::envelope::{Page, Position};

/// What is tried again in one transaction: enough to drain a long queue quickly, little enough to hold other writers
/// up for a few milliseconds only.
const EXTENT: Extent = Extent { lanes: 16, messages: 64 };
const ONE: Extent = Extent { lanes: 1, messages: 1 };

impl Worker {
    pub(super) async fn take(
        &self,
        following: &Arc<Following>,
        lease: &Lease,
        place: &mut Place,
        page: Page,
    ) -> Result<Next> {
        let mut pages = vec![page];
        while let Some(page) = pages.pop() {
            let page = match split(page, place.batch) {
                (page, Some(rest)) => {
                    pages.push(rest);
                    page
                }
                (page, None) => page,
            };
            let page = Arc::new(page);
            let expected = place.progress.position;
            let outcome = match self.apply(following, lease, &page, expected, None).await {
                Ok(outcome) => {
                    place.batch = (place.batch * 2).min(self.consumer.settings.batch);
                    outcome
                }
                Err(error) if !may_be_an_events_fault(&error) => return Err(error),
                Err(error) if page.events.len() <= 1 => {
                    self.apply(following, lease, &page, expected, Some(Blame::new(&error))).await?
                }
                Err(_) => {
                    place.batch = page.events.len().div_ceil(2);
                    pages.push(Arc::unwrap_or_clone(page));
                    continue;
                }
            };
            if self.settle(place, outcome) == Next::ReadPlace {
                return Ok(Next::ReadPlace);
            }
            if place.full {
                // The rest of the page stays in the producer's log.
                break;
            }
        }
        Ok(Next::GoOn)
    }

    async fn apply(
        &self,
        following: &Arc<Following>,
        lease: &Lease,
        page: &Arc<Page>,
        expected: Position,
        blame: Option<Blame>,
    ) -> Result<Outcome> {
        let (following, page) = (Arc::clone(following), Arc::clone(page));
        self.db
            .write_as(&self.context, lease, move |tx| {
                batch::apply(tx, &following, &page, expected, blame.as_ref())
            })
            .await
    }

    /// Tries the parked keys whose wait is over.
    pub(super) async fn look(
        &self,
        following: &Arc<Following>,
        lease: &Lease,
        place: &mut Place,
    ) -> Result<Next> {
        let was_full = place.full;
        let number = following.number;
        let horizon = self.consumer.settings.longest_retry;
        let now = self.clock().now();
        let due = self.db.read(&self.context, move |view| batch::is_due(view, number, now, horizon)).await?;
        if due {
            let outcome = match self.retry(following, lease, EXTENT, None).await {
                Ok(outcome) => outcome,
                Err(error) if !may_be_an_events_fault(&error) => return Err(error),
                Err(_) => match self.retry(following, lease, ONE, None).await {
                    Ok(outcome) => outcome,
                    Err(error) if !may_be_an_events_fault(&error) => return Err(error),
                    Err(error) => self.retry(following, lease, ONE, Some(Blame::new(&error))).await?,
                },
            };
            let outcome = Outcome { full: was_full, ..outcome };
            self.settle(place, outcome);
        }
        self.plan_look(following, place).await?;
        let room = place.progress.parked < self.consumer.settings.parked_capacity;
        Ok(if was_full && room { Next::ReadPlace } else { Next::GoOn })
    }

    async fn retry(
        &self,
        following: &Arc<Following>,
        lease: &Lease,
        extent: Extent,
        blame: Option<Blame>,
    ) -> Result<Outcome> {
        let following = Arc::clone(following);
        self.db
            .write_as(&self.context, lease, move |tx| batch::retry(tx, &following, extent, blame.as_ref()))
            .await
    }
}

// The state of the machine passes or needs a person; in neither case is an event to blame.
fn may_be_an_events_fault(error: &Error) -> bool {
    let machine = [&sql::LEASE_LOST, &sql::CORRUPT, &codes::BAD_SUBSCRIPTION];
    !error.is_temporary() && !machine.iter().any(|code| error.is(code))
}

// The first `events` of a page and the rest.
fn split(mut page: Page, events: usize) -> (Page, Option<Page>) {
    if page.events.len() <= events {
        return (page, None);
    }
    let rest = page.events.split_off(events);
    let through = page.events.last().map_or(page.through, |last| last.position);
    let rest = Page { events: rest, through: page.through };
    page.through = through;
    (page, Some(rest))
}
