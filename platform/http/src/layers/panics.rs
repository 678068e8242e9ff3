//! A panic in a handler ends that request and nothing else.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use axum::response::Response;
use mainstay_core::codes;
use mainstay_core::lifecycle::panic_message;

use crate::problem::Problem;

/// Waits for an answer, and takes a panic for a failure.
pub(super) async fn caught(
    mut answer: Pin<&mut impl Future<Output = Result<Response, Problem>>>,
) -> Result<Response, Problem> {
    poll_fn(|cx| {
        // What the handler shares with others is behind locks that do not poison, or is the database's business.
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))).unwrap_or_else(|panic| {
            let cause = format!("panic: {}", panic_message(panic.as_ref()));
            let error = codes::INTERNAL.because("something broke while the request was worked on", cause);
            Poll::Ready(Err(error.into()))
        })
    })
    .await
}
