//! Asking again.

use std::cell::RefCell;
use std::time::Duration;

use mainstay_core::{Clock, Error, ManualClock, Result};
use mainstay_resilience::{Retry, RetryOptions};
use mainstay_telemetry::Registry;

use crate::{DECLINED, context, down, poll, still};

fn retry(options: &RetryOptions, clock: &Clock, registry: &Registry) -> Retry {
    // The whole wait each time, so that a test can tell it.
    Retry::new("provider", options, clock, registry).with_jitter(|| 1.0)
}

fn generous() -> RetryOptions {
    RetryOptions { attempts: 5, backoff_ms: 100, backoff_ms_max: 350, budget: 1.0 }
}

/// Runs a call that always fails so, and returns when each try was made, in milliseconds, with its attempt number.
fn tries(
    retry: &Retry,
    (clock, manual): (&Clock, &ManualClock),
    deadline: Option<Duration>,
    failure: fn() -> Error,
) -> Vec<(u128, u32)> {
    let start = clock.monotonic();
    let made = RefCell::new(Vec::new());
    let ctx = deadline.map_or_else(context, |left| context().with_deadline(start + left));
    let mut run = Box::pin(retry.run(&ctx, |ctx| {
        made.borrow_mut().push((clock.monotonic().since(start).as_millis(), ctx.attempt()));
        async { Err::<(), _>(failure()) }
    }));
    for _ in 0..10_000 {
        if poll(&mut run).is_some_and(|outcome: Result<()>| outcome.is_err()) {
            drop(run);
            return made.into_inner();
        }
        manual.advance(Duration::from_millis(1));
    }
    panic!("it never ended");
}

#[test]
fn waits_double_up_to_the_longest_and_attempts_are_numbered() {
    let (clock, manual) = still();
    let retry = retry(&generous(), &clock, &Registry::new());
    let made = tries(&retry, (&clock, &manual), None, down);
    assert_eq!(made, [(0, 1), (100, 2), (300, 3), (650, 4), (1_000, 5)]);
}

#[test]
fn a_refusal_is_final() {
    let (clock, manual) = still();
    let retry = retry(&generous(), &clock, &Registry::new());
    assert_eq!(tries(&retry, (&clock, &manual), None, || DECLINED.error("no")).len(), 1);
    assert_eq!(tries(&retry, (&clock, &manual), None, || down().permanent()).len(), 1);
}

#[test]
fn the_other_sides_hint_is_waited_for() {
    let (clock, manual) = still();
    let retry = retry(&generous(), &clock, &Registry::new());
    let made = tries(&retry, (&clock, &manual), None, || down().retry_after(Duration::from_secs(1)));
    assert_eq!(made[1].0, 1_100);
}

#[test]
fn no_try_is_made_for_a_caller_who_will_be_gone() {
    let (clock, manual) = still();
    let registry = Registry::new();
    let retry = retry(&generous(), &clock, &registry);
    let made = tries(&retry, (&clock, &manual), Some(Duration::from_millis(250)), down);
    assert_eq!(made, [(0, 1), (100, 2)], "the third would come at 300");
    assert!(registry.encode().contains("given_up_total{dependency=\"provider\",why=\"deadline\"} 1"));
}

#[test]
fn in_an_outage_only_a_share_is_asked_again() {
    let (clock, _) = still();
    let registry = Registry::new();
    let options = RetryOptions { attempts: 2, backoff_ms: 0, budget: 0.1, ..generous() };
    let retry = retry(&options, &clock, &registry);
    let calls = RefCell::new(0);
    for _ in 0..1_000 {
        let ctx = context();
        let mut run = Box::pin(retry.run(&ctx, |_| {
            *calls.borrow_mut() += 1;
            async { Err::<(), _>(down()) }
        }));
        assert!(poll(&mut run).is_some());
    }
    // A thousand, a tenth of them again, and what was saved up before.
    assert!((1_100..=1_111).contains(&*calls.borrow()), "{}", calls.borrow());
}

#[test]
fn the_budget_recovers_with_time() {
    let (clock, manual) = still();
    let options = RetryOptions { attempts: 100, backoff_ms: 0, budget: 0.0, ..generous() };
    let retry = retry(&options, &clock, &Registry::new());
    assert_eq!(tries(&retry, (&clock, &manual), None, down).len(), 11, "ten were saved");
    assert_eq!(tries(&retry, (&clock, &manual), None, down).len(), 1);
    manual.advance(Duration::from_secs(4));
    assert_eq!(tries(&retry, (&clock, &manual), None, down).len(), 3);
}

#[test]
fn jitter_is_spread_over_the_whole_wait() {
    let (clock, manual) = still();
    let options = RetryOptions { attempts: 2, backoff_ms: 1_000, backoff_ms_max: 1_000, budget: 1.0 };
    let retry = Retry::new("provider", &options, &clock, &Registry::new());
    let waits: Vec<_> = (0..40).map(|_| tries(&retry, (&clock, &manual), None, down)[1].0).collect();
    assert!(waits.iter().any(|wait| *wait < 400) && waits.iter().any(|wait| *wait > 600), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 1_000));
}
