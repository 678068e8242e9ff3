//! The transaction of the loop: what ended is recorded, schedules fire, due jobs are taken on, all or nothing and only
//! under the lease.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Id, Result, Timestamp};
use mainstay_sql::{Tx, View};

use crate::backoff;
use crate::job::{JobKind, Registered};
use crate::metrics::Metrics;
use crate::new_job::Priority;
use crate::schedule::{Schedule, Stored};
use crate::store::{self, Claimed};

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    Done,
    Again {
        due_at: Timestamp,
        code: String,
        reason: String,
    },
    Dead {
        code: String,
        reason: String,
    },
    /// The process is ending; another one begins it anew.
    HandedOver,
}

#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) id: Id<JobKind>,
    pub(super) kind: &'static str,
    pub(super) attempt: u32,
    pub(super) ending: Ending,
    pub(super) took: Duration,
}

impl Ended {
    pub(super) fn now(id: Id<JobKind>, kind: &'static str, attempt: u32, ending: Ending) -> Self {
        Self { id, kind, attempt, ending, took: Duration::ZERO }
    }

    /// After the commit that recorded it.
    pub(super) fn report(&self, metrics: &Metrics) {
        let (kind, job, attempt) = (self.kind, self.id, self.attempt);
        match &self.ending {
            Ending::Done => metrics.ended(kind, self.took, false, false),
            Ending::Again { reason, due_at, .. } => {
                metrics.ended(kind, self.took, true, false);
                tracing::warn!(kind, %job, attempt, error = reason, %due_at, "a job failed and is tried again");
            }
            Ending::Dead { reason, .. } => {
                metrics.ended(kind, self.took, true, true);
                tracing::error!(kind, %job, attempt, error = reason, "a job is dead: it waits for a person");
            }
            Ending::HandedOver => {
                tracing::info!(kind, %job, attempt, "a job did not end in time and is handed over")
            }
        }
    }
}

/// How many more may run.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) kinds: Vec<(&'static str, usize)>,
    pub(super) total: usize,
}

pub(super) struct Input {
    pub(super) ended: Vec<Ended>,
    pub(super) kinds: BTreeMap<&'static str, Registered>,
    pub(super) schedules: Arc<Vec<Schedule>>,
    pub(super) room: Room,
}

pub(super) struct Output {
    pub(super) claimed: Vec<Claimed>,
    /// New rows, by the schedules' places in the list.
    pub(super) schedules: Vec<(usize, Stored)>,
    pub(super) firings: Vec<Firing>,
}

pub(super) struct Firing {
    pub(super) schedule: usize,
    pub(super) passed_over: bool,
}

pub(super) fn tick(tx: &Tx<'_>, ctx: &Context, clock: &Clock, input: &Input) -> Result<Output> {
    for ended in &input.ended {
        record(tx, &ended.id, &ended.ending)?;
    }
    let mut output = Output { claimed: Vec::new(), schedules: Vec::new(), firings: Vec::new() };
    for (slot, schedule) in input.schedules.iter().enumerate() {
        fire(tx, ctx, clock, slot, schedule, &mut output)?;
    }
    output.claimed = claim(tx, input)?;
    Ok(output)
}

fn record(tx: &Tx<'_>, id: &Id<JobKind>, ending: &Ending) -> Result<()> {
    match ending {
        Ending::Done => store::done(tx, id),
        Ending::Again { due_at, code, reason } => store::again(tx, id, *due_at, code, reason),
        Ending::Dead { code, reason } => store::dead(tx, id, code, reason),
        Ending::HandedOver => store::hand_over(tx, id),
    }
}

fn fire(
    tx: &Tx<'_>,
    ctx: &Context,
    clock: &Clock,
    slot: usize,
    schedule: &Schedule,
    output: &mut Output,
) -> Result<()> {
    let stored = store::schedule(tx, &schedule.name)?;
    let Some(plan) = schedule.plan(stored.as_ref(), tx.now()) else { return Ok(()) };
    let mut last_at = stored.and_then(|stored| stored.last_at).filter(|last| *last <= tx.now());
    if plan.fires {
        let id = Id::generate(clock);
        let enqueued = store::insert(tx, ctx, id, &schedule.job)?;
        output.firings.push(Firing { schedule: slot, passed_over: enqueued.existed });
        last_at = Some(tx.now());
    }
    let stored = Stored { pattern: schedule.pattern().to_owned(), next_at: plan.next_at, last_at };
    store::set_schedule(tx, &schedule.name, &stored)?;
    output.schedules.push((slot, stored));
    Ok(())
}

fn claim(tx: &Tx<'_>, input: &Input) -> Result<Vec<Claimed>> {
    let now = tx.now();
    let mut due = Vec::new();
    for (kind, room) in &input.room.kinds {
        if let Some(registered) = input.kinds.get(kind) {
            store::pull_in(tx, kind, now + registered.policy.longest_retry)?;
        }
        let rate = input.kinds.get(kind).and_then(|registered| registered.policy.rate);
        let mut left = match rate {
            Some(rate) => rate.tokens(store::rate(tx, kind)?, now).min(*room),
            None => *room,
        };
        for priority in Priority::ALL {
            if left == 0 {
                break;
            }
            let found = store::due(tx, kind, priority, now, left)?;
            left -= found.len();
            due.extend(found.into_iter().map(|(due_at, id)| (priority, due_at, id)));
        }
    }
    due.sort_unstable();
    due.truncate(input.room.total);
    let mut claimed: Vec<Claimed> = Vec::with_capacity(due.len());
    for (_, _, id) in &due {
        claimed.extend(store::claim(tx, id)?);
    }
    for registered in input.kinds.values() {
        let Some(rate) = registered.policy.rate else { continue };
        let taken = claimed.iter().filter(|job| job.kind == registered.kind).count();
        if taken > 0 {
            let full_at = rate.after(store::rate(tx, registered.kind)?, now, taken);
            store::set_rate(tx, registered.kind, full_at)?;
        }
    }
    Ok(claimed)
}

/// What there is to do.
pub(super) struct Look {
    pub(super) due: bool,
    pub(super) next: Option<Timestamp>,
}

pub(super) fn look(
    view: &View<'_>,
    kinds: &BTreeMap<&'static str, Registered>,
    room: &Room,
    now: Timestamp,
) -> Result<Look> {
    let mut look = Look { due: false, next: None };
    for (kind, _) in &room.kinds {
        let policy = kinds.get(kind).map(|registered| registered.policy);
        let longest = policy.map_or(Duration::MAX, |policy| policy.longest_retry);
        let (mut next, beyond) = store::next_due(view, kind, now + longest)?;
        if let (Some(due), Some(rate)) = (next, policy.and_then(|policy| policy.rate)) {
            next = Some(due.max(rate.next(store::rate(view, kind)?, now)));
        }
        look.due |= beyond || next.is_some_and(|next| next <= now);
        look.next = [look.next, next].into_iter().flatten().min();
    }
    Ok(look)
}

/// What a former leader left running. Its process may have died of the very job, so the attempt counts.
pub(super) fn recover(tx: &Tx<'_>, kinds: &BTreeMap<&'static str, Registered>) -> Result<()> {
    const CODE: &str = "core.unavailable";
    const REASON: &str = "the process that ran it ended";
    for (id, kind, attempts) in store::running(tx)? {
        match kinds.get(kind.as_str()) {
            Some(registered) if attempts >= registered.policy.max_attempts => {
                store::dead(tx, &id, CODE, REASON)?;
            }
            Some(registered) => {
                let due_at = tx.now() + backoff::delay(&registered.policy, attempts, &id);
                store::again(tx, &id, due_at, CODE, REASON)?;
            }
            None => store::again(tx, &id, tx.now(), CODE, REASON)?,
        }
    }
    Ok(())
}
