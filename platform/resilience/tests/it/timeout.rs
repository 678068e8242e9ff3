//! The nearer of two limits.

use std::future::{pending, ready};
use std::time::Duration;

use mainstay_core::{Result, codes};
use mainstay_resilience::within;

use crate::{context, poll, still};

#[test]
fn the_nearer_of_limit_and_deadline_ends_the_call() {
    for (limit, deadline, ends_at) in [(2, Some(5), 2), (5, Some(2), 2), (3, None, 3)] {
        let (clock, manual) = still();
        let ctx = deadline.map_or_else(context, |seconds| {
            context().with_deadline(clock.monotonic() + Duration::from_secs(seconds))
        });
        let mut call = Box::pin(within(&ctx, &clock, Duration::from_secs(limit), pending::<Result<()>>()));
        assert!(poll(&mut call).is_none());
        manual.advance(Duration::from_secs(ends_at) - Duration::from_millis(1));
        assert!(poll(&mut call).is_none());
        manual.advance(Duration::from_millis(1));
        let error = poll(&mut call).expect("ended").unwrap_err();
        assert!(error.is(&codes::DEADLINE) && error.outcome_unknown());
    }
}

#[test]
fn with_no_time_left_the_call_is_not_begun() {
    let (clock, manual) = still();
    let ctx = context().with_deadline(clock.monotonic());
    manual.advance(Duration::from_secs(1));
    let mut begun = false;
    let call = async {
        begun = true;
        Ok(())
    };
    let mut call = Box::pin(within(&ctx, &clock, Duration::from_secs(1), call));
    assert!(poll(&mut call).expect("at once").unwrap_err().is(&codes::DEADLINE));
    drop(call);
    assert!(!begun);
    let ctx = context();
    let mut fine = Box::pin(within(&ctx, &clock, Duration::from_secs(1), ready(Ok(7))));
    assert_eq!(poll(&mut fine).expect("at once").unwrap(), 7);
}
