//! A time limit that respects the caller's: whichever of the two is nearer.

use std::future::Future;
use std::time::Duration;

use mainstay_core::{Clock, Context, Result};

/// The call's outcome, or `core.deadline` when `limit` or the context's deadline passes first. The call is dropped
/// then, and what it did is not known.
///
/// With a deadline that has passed already, the call is not even begun.
pub async fn within<T>(
    ctx: &Context,
    clock: &Clock,
    limit: Duration,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let limit = ctx.remaining(clock)?.map_or(limit, |left| left.min(limit));
    clock.timeout(limit, call).await?
}
