//! One page of events in one transaction: inbox, effects, parked messages and the position, all or nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use mainstay_core::lifecycle::panic_message;
use mainstay_core::{Context, Error, Id, Result, Timestamp};
use mainstay_sql::{Tx, View, codes as sql};

use super::Following;
use super::store::{self, Failed, Progress};
use crate::codes;
use crate::envelope::{Envelope, Page, Position};
use crate::event::EventKind;
use crate::trace;

/// What became of a page, for logs and metrics after the commit: the transaction may be repeated.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) applied: u64,
    pub(crate) repeated: u64,
    pub(crate) failures: Vec<Failure>,
    pub(crate) progress: Progress,
    /// The rest of the page has no room among the parked messages.
    pub(crate) full: bool,
    /// Somebody moved the consumer's position; the page was not touched.
    pub(crate) moved: bool,
}

impl Outcome {
    fn begin(progress: Progress) -> Self {
        Self { applied: 0, repeated: 0, failures: Vec::new(), progress, full: false, moved: false }
    }
}

/// Why an event is to be parked unhandled: alone in a transaction, it made that fail.
pub(crate) struct Blame {
    reason: String,
}

impl Blame {
    pub(crate) fn new(error: &Error) -> Self {
        Self { reason: error.chain() }
    }

    fn error(&self) -> Error {
        codes::TRANSACTION_REFUSED.because("the transaction of the event was refused", self.reason.clone())
    }
}

/// How much of what is parked is tried in one transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) lanes: u32,
    pub(crate) messages: u32,
}

/// One failed attempt.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) key: String,
    pub(crate) id: Id<EventKind>,
    pub(crate) attempt: u32,
    pub(crate) dead: bool,
    pub(crate) error: Error,
}

// What became of one message.
enum Handled {
    Applied,
    // The inbox knew it.
    Repeated,
    Failed(Error),
}

/// Takes a page that was read from `expected` on. Errors are those of the database; the handlers' end in the outcome.
pub(crate) fn apply(
    tx: &Tx<'_>,
    following: &Following,
    page: &Page,
    expected: Position,
    blame: Option<&Blame>,
) -> Result<Outcome> {
    let mut outcome = Outcome::begin(store::progress(tx, following.number)?);
    if outcome.progress.position != expected {
        outcome.moved = true;
        return Ok(outcome);
    }
    for envelope in &page.events {
        // A feed that repeats itself: what is behind the position has had its effect or is parked.
        if envelope.position <= outcome.progress.position {
            outcome.repeated += 1;
            continue;
        }
        if !take(tx, following, envelope, blame, &mut outcome)? {
            outcome.full = true;
            break;
        }
        outcome.progress.position = envelope.position;
    }
    if !outcome.full {
        outcome.progress.position = outcome.progress.position.max(page.through);
    }
    store::save(tx, following.number, outcome.progress)?;
    Ok(outcome)
}

// `false` when it would have to be parked and there is no room.
fn take(
    tx: &Tx<'_>,
    following: &Following,
    envelope: &Envelope,
    blame: Option<&Blame>,
    outcome: &mut Outcome,
) -> Result<bool> {
    let settings = &following.consumer.settings;
    let alone;
    let lane = if settings.commuting {
        alone = envelope.id.to_string();
        &alone
    } else {
        &envelope.key
    };
    let room = outcome.progress.parked < settings.parked_capacity;
    if outcome.progress.parked > 0 && store::is_parked(tx, following.number, lane)? {
        if !room {
            return Ok(false);
        }
        if store::park(tx, following.number, lane, envelope)? {
            outcome.progress.parked += 1;
        } else {
            outcome.repeated += 1;
        }
        return Ok(true);
    }
    match handle(tx, following, envelope, 1, blame)? {
        Handled::Applied => outcome.applied += 1,
        Handled::Repeated => outcome.repeated += 1,
        Handled::Failed(error) => {
            if !room {
                return Ok(false);
            }
            if store::park(tx, following.number, lane, envelope)? {
                outcome.progress.parked += 1;
                outcome.failures.push(fail(tx, following, lane, envelope, 1, error)?);
            } else {
                outcome.repeated += 1;
            }
        }
    }
    Ok(true)
}

// Records a failed attempt in the lane.
fn fail(
    tx: &Tx<'_>,
    following: &Following,
    lane: &str,
    envelope: &Envelope,
    attempt: u32,
    error: Error,
) -> Result<Failure> {
    let settings = &following.consumer.settings;
    let dead = attempt >= settings.max_attempts;
    let wait = crate::backoff::delay(settings.first_retry, settings.longest_retry, attempt, &envelope.id);
    let failed = Failed { attempts: attempt, dead, due_at: tx.now() + wait, error: &error };
    store::set_lane(tx, following.number, lane, &failed)?;
    Ok(Failure { key: envelope.key.clone(), id: envelope.id, attempt, dead, error })
}

// Records the identity and runs the handler, in a savepoint of their own.
fn handle(
    tx: &Tx<'_>,
    following: &Following,
    envelope: &Envelope,
    attempt: u32,
    blame: Option<&Blame>,
) -> Result<Handled> {
    let outcome = tx.nested(|tx| {
        if !store::record(tx, following.number, &envelope.id)? {
            return Ok(Handled::Repeated);
        }
        if let Some(blame) = blame {
            return Err(blame.error());
        }
        let context = context(following, envelope, attempt);
        let (service, consumer) = (&following.service, &following.name);
        let topic = following.consumer.topic;
        let mut span = trace::processing(&context, service, consumer, topic, envelope, attempt);
        let context = span.context();
        // A panic must not take the page's other events with it; the savepoint undoes what it left behind.
        let handled =
            catch_unwind(AssertUnwindSafe(|| following.consumer.handler.handle(tx, &context, envelope)))
                .unwrap_or_else(|panic| {
                    let words = panic_message(panic.as_ref()).to_owned();
                    Err(codes::HANDLER_PANICKED.because("the handler panicked", words))
                });
        span.note(handled)?;
        Ok(Handled::Applied)
    });
    match outcome {
        Ok(handled) => Ok(handled),
        Err(error) if concerns_the_transaction(&error) => Err(error),
        Err(error) => Ok(Handled::Failed(error)),
    }
}

// The database itself refused: the transaction is lost or must be given up, and no message is to blame.
fn concerns_the_transaction(error: &Error) -> bool {
    [&sql::FULL, &sql::IO, &sql::BUSY, &sql::CORRUPT, &sql::STEP_LIMIT, &sql::INTERRUPTED, &sql::CLOSED]
        .iter()
        .any(|code| error.is(code))
}

fn context(following: &Following, envelope: &Envelope, attempt: u32) -> Context {
    let mut context = following.context.clone();
    if let Some(trace) = envelope.trace {
        // The span of the one who sent it, where there is one: what handles it hangs below.
        context =
            context.with_trace(if mainstay_telemetry::is_recorded(trace) { trace } else { trace.child() });
    }
    if attempt > 1 { context.with_attempt(attempt) } else { context }
}

/// Whether some lane's wait is over.
pub(crate) fn is_due(view: &View<'_>, consumer: i64, now: Timestamp, longest_wait: Duration) -> Result<bool> {
    Ok(!store::due_lanes(view, consumer, now, now + longest_wait, 1)?.is_empty())
}

/// Tries the messages of due lanes again, in order.
pub(crate) fn retry(
    tx: &Tx<'_>,
    following: &Following,
    extent: Extent,
    blame: Option<&Blame>,
) -> Result<Outcome> {
    let horizon = tx.now() + following.consumer.settings.longest_retry;
    let mut outcome = Outcome::begin(store::progress(tx, following.number)?);
    for (lane, attempts) in store::due_lanes(tx, following.number, tx.now(), horizon, extent.lanes)? {
        retry_lane(tx, following, &lane, attempts, extent.messages, blame, &mut outcome)?;
    }
    store::save(tx, following.number, outcome.progress)?;
    Ok(outcome)
}

fn retry_lane(
    tx: &Tx<'_>,
    following: &Following,
    lane: &str,
    mut attempts: u32,
    limit: u32,
    blame: Option<&Blame>,
    outcome: &mut Outcome,
) -> Result<()> {
    // One more than is tried, to know whether the lane is empty afterwards.
    let mut messages = store::messages(tx, following.number, lane, &following.source, limit + 1)?;
    let more = messages.len() > limit as usize;
    messages.truncate(limit as usize);
    for envelope in &messages {
        let attempt = attempts + 1;
        match handle(tx, following, envelope, attempt, blame)? {
            Handled::Applied => outcome.applied += 1,
            Handled::Repeated => outcome.repeated += 1,
            Handled::Failed(error) => {
                outcome.failures.push(fail(tx, following, lane, envelope, attempt, error)?);
                return Ok(());
            }
        }
        store::unpark(tx, following.number, lane, envelope.position)?;
        outcome.progress.parked = outcome.progress.parked.saturating_sub(1);
        // Each message of the lane has its own attempts.
        attempts = 0;
    }
    if more {
        store::revive_lane(tx, following.number, lane)?;
    } else {
        store::remove_lane(tx, following.number, lane)?;
    }
    Ok(())
}
