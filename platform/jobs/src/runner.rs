//! The loop that runs jobs: hold the lease, record what ended, fire what is scheduled, take on what is due, wait.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use mainstay_core::lifecycle::panic_message;
use mainstay_core::{Clock, Context, Error, Pace, Result, Shutdown, Timestamp, codes};
use mainstay_sql::{Lease, Waiter, codes as sql};

use crate::job::Registered;
use crate::jobs::{Inner, Jobs};
use crate::schedule::{Schedule, Stored};
use crate::store;

mod attempt;
mod crew;
mod tick;

use crew::Crew;
use tick::{Ended, Input, Room};

/// How long a job that another process enqueued, or an operator retried, may go unseen. Those of this process are seen
/// at once.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The wait after the database failed, doubled up to the second one, so that an outage causes no load and no flood of
/// log lines.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Between two deletions of finished jobs, and how many rows each deletes: a millisecond of the writer's time, and
/// faster than jobs can be done.
const PRUNE_PERIOD: Duration = Duration::from_secs(10);
const PRUNE_ROWS: u32 = 500;
/// Deletions in a row before the loop looks after its jobs again.
const PRUNE_ROUNDS: u32 = 20;

pub(crate) struct Runner {
    inner: Arc<Inner>,
    kinds: BTreeMap<&'static str, Registered>,
    schedules: Arc<Vec<Schedule>>,
    context: Context,
}

// What the loop remembers while it leads.
struct Shift {
    crew: Crew,
    // Recorded by the next tick; kept while the database refuses.
    ended: Vec<Ended>,
    // As the table has them: only the leader changes it.
    schedules: Vec<Option<Stored>>,
    waiter: Waiter,
    pace: Pace,
    // How many jobs ran after the last write, if it took on all that there was room for.
    full: Option<usize>,
}

impl Runner {
    pub(crate) fn new(
        inner: Arc<Inner>,
        kinds: BTreeMap<&'static str, Registered>,
        schedules: Vec<Schedule>,
    ) -> Self {
        let context = Context::background(inner.db.name().to_owned());
        Self { inner, kinds, schedules: Arc::new(schedules), context }
    }

    pub(crate) async fn run(self, shutdown: Shutdown) {
        let mut pause = FIRST_PAUSE;
        while !shutdown.is_requested() {
            let lease = tokio::select! {
                biased;
                () = shutdown.requested() => return,
                lease = self.inner.leadership.wait() => lease,
            };
            // A panic in here must not end the service's jobs for good.
            let led = AssertUnwindSafe(self.lead(&lease, &shutdown)).catch_unwind().await;
            match led.unwrap_or_else(|panic| Err(panicked(panic.as_ref()))) {
                Ok(()) => pause = FIRST_PAUSE,
                Err(error) if error.is(&sql::LEASE_LOST) => {}
                Err(error) => {
                    self.complain(&error, pause == FIRST_PAUSE);
                    tokio::select! {
                        biased;
                        () = shutdown.requested() => return,
                        () = self.clock().sleep(pause) => {}
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn lead(&self, lease: &Lease, shutdown: &Shutdown) -> Result<()> {
        let shift = self.begin(lease).await?;
        self.work(lease, shift, shutdown).await;
        Ok(())
    }

    fn clock(&self) -> &Clock {
        self.inner.db.clock()
    }

    fn complain(&self, error: &Error, first: bool) {
        if first {
            let database = self.inner.db.name();
            tracing::error!(database, error = error.chain(), "jobs cannot be recorded; trying again");
        }
    }

    // What a former leader left running is queued again; schedules get their rows.
    async fn begin(&self, lease: &Lease) -> Result<Shift> {
        let (kinds, schedules) = (self.kinds.clone(), Arc::clone(&self.schedules));
        // Before the first look, so that nothing enqueued in between is missed.
        let waiter = self.inner.wake.subscribe();
        let stored = self
            .inner
            .db
            .write_as(&self.context, lease, move |tx| {
                tick::recover(tx, &kinds)?;
                schedules
                    .iter()
                    .map(|schedule| store::schedule(tx, &schedule.name))
                    .collect::<Result<Vec<_>>>()
            })
            .await?;
        let crew = Crew::new(self.inner.concurrency);
        let pace = Pace::new(self.inner.pace);
        Ok(Shift { crew, ended: Vec::new(), schedules: stored, waiter, pace, full: None })
    }

    async fn work(&self, lease: &Lease, mut shift: Shift, shutdown: &Shutdown) {
        let mut pause = FIRST_PAUSE;
        let mut prune_at = self.clock().monotonic();
        while !shutdown.is_requested() && !lease.is_lost() {
            if prune_at <= self.clock().monotonic() {
                self.prune(lease).await;
                prune_at = self.clock().monotonic() + PRUNE_PERIOD;
            }
            if !self.gather(lease, &mut shift, shutdown).await {
                break;
            }
            let nap = match self.turn(lease, &mut shift).await {
                Ok(nap) => {
                    pause = FIRST_PAUSE;
                    nap
                }
                Err(error) if error.is(&sql::LEASE_LOST) => break,
                Err(error) => {
                    self.complain(&error, pause == FIRST_PAUSE);
                    let nap = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    nap
                }
            };
            if !nap.is_zero() {
                self.wait(lease, &mut shift, nap, shutdown).await;
            }
        }
        if lease.is_lost() {
            // Dropping the crew ends its jobs: another process runs them from now on.
            return;
        }
        self.drain(lease, shift).await;
    }

    // Lets jobs end until the pace allows the next write. Whether to go on.
    async fn gather(&self, lease: &Lease, shift: &mut Shift, shutdown: &Shutdown) -> bool {
        while !shift.pace.is_due() && shift.full.is_none_or(|running| shift.ended.len() * 2 < running) {
            tokio::select! {
                biased;
                () = shutdown.requested() => return false,
                () = lease.lost() => return false,
                ended = shift.crew.next_ended() => shift.ended.push(ended),
                () = shift.pace.due() => {}
            }
        }
        true
    }

    // Ticks when there is something to do; how long to wait otherwise.
    async fn turn(&self, lease: &Lease, shift: &mut Shift) -> Result<Duration> {
        shift.crew.collect(&mut shift.ended);
        let now = self.clock().now();
        let schedules = self.schedules_due(shift, now);
        let room = self.room(shift);
        if shift.ended.is_empty() && !schedules {
            let (kinds, rooms) = (self.kinds.clone(), room.clone());
            let look =
                self.inner.db.read(&self.context, move |view| tick::look(view, &kinds, &rooms, now)).await?;
            if !look.due {
                return Ok(self.nap(shift, look.next, now));
            }
        }
        self.tick(lease, shift, room).await?;
        Ok(Duration::ZERO)
    }

    fn room(&self, shift: &Shift) -> Room {
        let kinds = self
            .kinds
            .values()
            .map(|registered| (registered.kind, shift.crew.room_for(registered)))
            .filter(|(_, room)| *room > 0)
            .collect();
        Room { kinds, total: shift.crew.room() }
    }

    fn schedules_due(&self, shift: &Shift, now: Timestamp) -> bool {
        self.schedules
            .iter()
            .zip(&shift.schedules)
            .any(|(schedule, stored)| schedule.wants(stored.as_ref(), now))
    }

    fn nap(&self, shift: &Shift, next_job: Option<Timestamp>, now: Timestamp) -> Duration {
        let next_schedule = shift.schedules.iter().flatten().map(|stored| stored.next_at).min();
        let next = [next_job, next_schedule].into_iter().flatten().min();
        // At least a moment: what is due at this very instant was looked at before.
        next.map_or(LOOK_AGAIN, |next| next.since(now).clamp(Duration::from_millis(1), LOOK_AGAIN))
    }

    async fn tick(&self, lease: &Lease, shift: &mut Shift, room: Room) -> Result<()> {
        let input = Arc::new(Input {
            ended: std::mem::take(&mut shift.ended),
            kinds: self.kinds.clone(),
            schedules: Arc::clone(&self.schedules),
            room,
        });
        let (asked, ctx, clock) = (Arc::clone(&input), self.context.clone(), self.clock().clone());
        let result = self
            .inner
            .db
            .write_as(&self.context, lease, move |tx| tick::tick(tx, &ctx, &clock, &asked))
            .await;
        let output = match result {
            Ok(output) => output,
            Err(error) => {
                // The closure may still hold the input; what ended is recorded again next time, which changes nothing
                // if it was recorded after all.
                shift.ended = input.ended.clone();
                return Err(error);
            }
        };
        shift.pace.begin();
        let taken = |kind: &str| output.claimed.iter().filter(|claimed| claimed.kind == kind).count();
        let full = output.claimed.len() == input.room.total
            || input.room.kinds.iter().any(|(kind, room)| taken(kind) == *room);
        for ended in &input.ended {
            ended.report(&self.inner.metrics);
        }
        for firing in &output.firings {
            self.inner.metrics.fired(&self.schedules[firing.schedule].name, firing.passed_over);
        }
        for (slot, stored) in output.schedules {
            shift.schedules[slot] = Some(stored);
        }
        for claimed in output.claimed {
            if let Some(registered) = self.kinds.get(claimed.kind.as_str()) {
                shift.crew.start(&self.inner, registered, claimed, lease);
            }
        }
        shift.full = full.then(|| shift.crew.len());
        Ok(())
    }

    async fn wait(&self, lease: &Lease, shift: &mut Shift, nap: Duration, shutdown: &Shutdown) {
        tokio::select! {
            biased;
            () = shutdown.requested() => {}
            () = lease.lost() => {}
            ended = shift.crew.next_ended() => shift.ended.push(ended),
            () = shift.waiter.changed() => {}
            () = self.clock().sleep(nap) => {}
        }
    }

    async fn prune(&self, lease: &Lease) {
        for _ in 0..PRUNE_ROUNDS {
            let before = self.clock().now() - self.inner.keep_done;
            let pruned = self
                .inner
                .db
                .write_as(&self.context, lease, move |tx| store::prune(tx, before, PRUNE_ROWS))
                .await;
            match pruned {
                Ok(rows) if rows == u64::from(PRUNE_ROWS) => {}
                Ok(_) => return,
                Err(error) => {
                    if !error.is(&sql::LEASE_LOST) {
                        tracing::warn!(error = error.chain(), "finished jobs could not be deleted");
                    }
                    return;
                }
            }
        }
    }

    // Lets what runs end, for a while, and puts back what does not.
    async fn drain(&self, lease: &Lease, mut shift: Shift) {
        let collected = self.clock().timeout(Jobs::DRAIN, async {
            while !shift.crew.is_empty() {
                let ended = shift.crew.next_ended().await;
                shift.ended.push(ended);
            }
        });
        if collected.await.is_err() {
            shift.ended.extend(shift.crew.give_up());
        }
        if shift.ended.is_empty() {
            return;
        }
        let room = Room { kinds: Vec::new(), total: 0 };
        if let Err(error) = self.tick(lease, &mut shift, room).await {
            // The next leader finds them running and runs them again.
            tracing::warn!(error = error.chain(), "the last jobs could not be recorded");
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    codes::INTERNAL.because("the loop of the jobs panicked", panic_message(panic).to_owned())
}
