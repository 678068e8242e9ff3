//! Resilience through its public doors, on a clock that moves when it is told.

mod breaker;
mod bulkhead;
mod dependency;
mod limits;
mod retry;
mod timeout;

use std::future::Future;
use std::pin::Pin;

use mainstay_core::{Clock, Code, Context, Error, Kind, ManualClock, Timestamp};

pub const DECLINED: Code = Code::new("test.declined", Kind::FailedPrecondition, "Declined", "Another card.");
pub const DOWN: Code = Code::new("test.down", Kind::Unavailable, "Down", "Wait.");

/// A failure without a hint of its own, so that only the backoff waits.
pub fn down() -> Error {
    DOWN.error("down").retry_after(std::time::Duration::ZERO)
}

pub fn still() -> (Clock, ManualClock) {
    Clock::manual(Timestamp::from_micros(0))
}

pub fn context() -> Context {
    Context::background("test")
}

/// Polls once: what is ready, or nothing.
pub fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
    use futures::FutureExt;
    future.now_or_never()
}
