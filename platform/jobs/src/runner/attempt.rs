//! One attempt at one job: as its caller, within its time, and whatever it does ends as a result.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use mainstay_core::lifecycle::panic_message;
use mainstay_core::{Clock, Error, Kind, Result, Retry, Stopwatch, work};
use mainstay_sql::{Database, Lease};

use super::tick::{Ended, Ending};
use crate::backoff;
use crate::codes;
use crate::job::{JobContext, Registered};
use crate::store::Claimed;
use crate::trace;

pub(super) async fn run(registered: &Registered, claimed: &Claimed, lease: Lease, db: &Database) -> Ended {
    let watch = Stopwatch::start();
    let ending = match result(registered, claimed, lease, db).await {
        Ok(()) => Ending::Done,
        Err(error) => failure(registered, claimed, db.clock(), &error),
    };
    Ended { took: watch.elapsed(), ..Ended::now(claimed.id, registered.kind, claimed.attempts, ending) }
}

async fn result(registered: &Registered, claimed: &Claimed, lease: Lease, db: &Database) -> Result<()> {
    let clock = db.clock();
    let limit = registered.policy.timeout;
    let caller = claimed.caller.context()?;
    let mut span = trace::processing(&caller, db.label(), registered.kind, &claimed.id, claimed.attempts);
    let ctx = span.context().with_attempt(claimed.attempts).with_deadline(clock.monotonic() + limit);
    let own = ctx.trace();
    let cx = JobContext { ctx, id: claimed.id, lease };
    let running = work::traced(own, registered.handler.run(&cx, &claimed.payload));
    let outcome = clock.timeout(limit, AssertUnwindSafe(running).catch_unwind()).await.and_then(|ended| {
        ended.unwrap_or_else(|panic| {
            let words = panic_message(panic.as_ref()).to_owned();
            Err(codes::PANICKED.because("the job panicked", words))
        })
    });
    span.note(outcome)
}

fn failure(registered: &Registered, claimed: &Claimed, clock: &Clock, error: &Error) -> Ending {
    let policy = &registered.policy;
    let (code, reason) = (error.code().to_owned(), error.chain());
    if claimed.attempts >= policy.max_attempts || !may_succeed_later(error) {
        return Ending::Dead { code, reason };
    }
    let mut wait = backoff::delay(policy, claimed.attempts, &claimed.id);
    if let Retry::After(asked) = error.retry() {
        wait = wait.max(asked).min(policy.longest_retry);
    }
    Ending::Again { due_at: clock.now() + wait, code, reason }
}

// A bug may be gone with the next release, and a person has the dead job to look at either way; what the other side
// refused for good stays refused.
fn may_succeed_later(error: &Error) -> bool {
    error.is_temporary() || error.kind() == Kind::Internal
}
