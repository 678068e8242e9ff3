//! One attempt of something that a saga's author wrote: limited in time, with a boundary for panics.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use mainstay_core::lifecycle::panic_message;
use mainstay_core::{Clock, Error, Id, Result};

use super::status::RunKind;
use crate::codes::STEP_PANICKED;

/// The outcome of `attempt`; `core.deadline` when `limit` passes first, `workflow.step_panicked` when it panics. Both
/// leave open what it did.
pub(super) async fn attempt<T>(
    clock: &Clock,
    limit: Duration,
    run: Id<RunKind>,
    step: &'static str,
    attempt: impl Future<Output = Result<T>>,
) -> Result<T> {
    // What the attempt leaves half changed is the state, and that is read back from its text after a failure.
    match clock.timeout(limit, AssertUnwindSafe(attempt).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(panicked(run, step, panic_message(panic.as_ref()))),
        Err(late) => Err(late),
    }
}

fn panicked(run: Id<RunKind>, step: &'static str, message: &str) -> Error {
    tracing::error!(saga.run = %run, saga.step = step, panic = message, "a step panicked");
    STEP_PANICKED.error(format!("the step {step} broke down"))
}
