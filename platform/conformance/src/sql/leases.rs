//! Leases: one holder at a time, and a former one that can do no harm.
//!
//! Two handles with a clock each stand for two processes: one whose time stands still is a process that sleeps.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, ManualClock, Shutdown, Tasks, Timestamp};
use mainstay_sql::{Database, Leadership, codes, leadership};

use super::{Place, Suite, context, insert, stored};
use crate::case::{Outcome, ensure, refused, same, told};

pub(super) fn add(suite: &mut Suite) {
    suite.case("a write under a lease is done while the lease is held", held);
    suite.case("a holder that slept through its lease writes nothing", taken_over);
    suite.case("a lease that was released goes to the next at once, with a greater number", released);
    suite.case("a lease that is renewed stays where it is", renewed);
}

struct Process {
    db: Database,
    clock: Clock,
    time: ManualClock,
    tasks: Tasks,
    shutdown: Shutdown,
}

impl Process {
    async fn start(place: &Place) -> Outcome<Self> {
        let (clock, time) = Clock::manual(Timestamp::from_micros(1_000_000));
        let given = clock.clone();
        let db = place.database_with(move |options| options.with_clock(given)).await?;
        Ok(Self { db, clock, time, tasks: Tasks::new(), shutdown: Shutdown::new() })
    }

    fn lead(&self) -> Arc<Leadership> {
        Leadership::start(&self.db, &self.clock, &self.tasks, &self.shutdown)
    }

    /// Lets time pass in small steps, so that what waits for it gets its turn.
    async fn pass(&self, time: Duration) {
        let step = Duration::from_millis(250);
        let mut passed = Duration::ZERO;
        while passed < time {
            settle(&self.clock, &self.time).await;
            self.time.advance(step);
            passed += step;
        }
        settle(&self.clock, &self.time).await;
    }
}

/// Waits until the leadership's task waits for the clock again, as long as that takes in real time (a few writes).
async fn settle(_: &Clock, time: &ManualClock) {
    let real = Clock::system();
    for _ in 0..200 {
        if time.sleepers() > 0 {
            return;
        }
        real.sleep(Duration::from_millis(2)).await;
    }
}

async fn held(place: Place) -> Outcome {
    let process = Process::start(&place).await?;
    let leadership = process.lead();
    let lease = leadership.wait().await;
    process.db.write_as(&context(), &lease, |tx| insert(tx, 1)).await.map_err(told)?;
    ensure(leadership.lease().is_some() && !lease.is_lost(), "it still leads")?;
    same("stored", stored(&process.db).await?, vec![1])
}

async fn taken_over(place: Place) -> Outcome {
    let (sleeper, other) = (Process::start(&place).await?, Process::start(&place).await?);
    let asleep = sleeper.lead();
    let old = asleep.wait().await;
    let awake = other.lead();
    other.pass(leadership::TTL - Duration::from_secs(1)).await;
    ensure(awake.lease().is_none(), "nobody takes a lease before its time is over")?;
    other.pass(Duration::from_secs(3)).await;
    let new = awake.wait().await;
    ensure(new.fence() > old.fence(), "the number grows")?;
    ensure(asleep.lease().is_some(), "the sleeper has not noticed")?;
    let late = sleeper.db.write_as(&context(), &old, |tx| insert(tx, 1)).await;
    refused("the sleeper's write", late, &codes::LEASE_LOST)?;
    ensure(old.is_lost(), "the refusal tells the sleeper")?;
    old.lost().await;
    ensure(asleep.lease().is_none(), "the sleeper leads no more")?;
    other.db.write_as(&context(), &new, |tx| insert(tx, 2)).await.map_err(told)?;
    same("stored", stored(&other.db).await?, vec![2])
}

async fn released(place: Place) -> Outcome {
    let (first, second) = (Process::start(&place).await?, Process::start(&place).await?);
    let leading = first.lead();
    let old = leading.wait().await;
    first.shutdown.request();
    let left = first.tasks.drain(&Clock::system(), Duration::from_secs(5)).await;
    ensure(left.is_empty() && old.is_lost() && leading.lease().is_none(), "it stops leading")?;
    let new = second.lead().wait().await;
    ensure(new.fence() > old.fence(), "the number grows")?;
    refused(
        "the old lease",
        first.db.write_as(&context(), &old, |tx| insert(tx, 1)).await,
        &codes::LEASE_LOST,
    )
}

async fn renewed(place: Place) -> Outcome {
    let (first, second) = (Process::start(&place).await?, Process::start(&place).await?);
    let leading = first.lead();
    let lease = leading.wait().await;
    // Only now, or it might be the second one that leads, and time would stand still.
    let waiting = second.lead();
    for _ in 0..8 {
        first.pass(Duration::from_secs(1)).await;
        second.pass(Duration::from_secs(1)).await;
    }
    ensure(waiting.lease().is_none(), "the other one waits")?;
    same("the fence", leading.lease().map(|lease| lease.fence()), Some(lease.fence()))
}
