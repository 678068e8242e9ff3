//! The four together.

use std::cell::Cell;
use std::future::pending;
use std::time::Duration;

use mainstay_core::{Result, codes};
use mainstay_resilience::{BreakerOptions, Dependency, Options, RetryOptions, codes::BREAKER_OPEN};
use mainstay_telemetry::Registry;

use crate::{context, down, poll, still};

#[test]
fn each_try_has_its_own_time_and_the_second_may_succeed() {
    let (clock, manual) = still();
    let options = Options { timeout_ms: 1_000, ..Options::default() };
    let provider = Dependency::new("provider", &options, &clock, &Registry::new());
    let ctx = context();
    let mut call = Box::pin(provider.call(&ctx, |ctx| async move {
        if ctx.attempt() == 1 {
            pending::<()>().await;
        }
        Ok(ctx.attempt())
    }));
    assert!(poll(&mut call).is_none());
    manual.advance(Duration::from_secs(1));
    assert!(poll(&mut call).is_none(), "waits before it asks again");
    manual.advance(Duration::from_secs(3));
    assert_eq!(poll(&mut call).expect("answered").unwrap(), 2);
}

#[test]
fn an_open_breaker_is_not_asked_again_within_a_call_that_has_no_time() {
    let (clock, _) = still();
    let options = Options {
        retry: RetryOptions { attempts: 1, ..RetryOptions::default() },
        breaker: BreakerOptions { calls_min: 2, ..BreakerOptions::default() },
        ..Options::default()
    };
    let provider = Dependency::new("provider", &options, &clock, &Registry::new());
    let sent = Cell::new(0);
    let ask = || {
        let ctx = context().with_deadline(clock.monotonic() + Duration::from_secs(1));
        let mut call = Box::pin(provider.call(&ctx, |_| {
            sent.set(sent.get() + 1);
            async { Err::<(), _>(down()) }
        }));
        let outcome: Result<()> = poll(&mut call).expect("at once");
        outcome.unwrap_err()
    };
    assert!(ask().is(&crate::DOWN) && ask().is(&crate::DOWN));
    assert!(ask().is(&BREAKER_OPEN));
    assert!(provider.is_left_alone());
}

#[test]
fn the_callers_deadline_is_the_end_of_it() {
    let (clock, manual) = still();
    let provider = Dependency::new("provider", &Options::default(), &clock, &Registry::new());
    let ctx = context().with_deadline(clock.monotonic() + Duration::from_secs(1));
    let mut call = Box::pin(provider.call(&ctx, |_| pending::<Result<()>>()));
    assert!(poll(&mut call).is_none());
    manual.advance(Duration::from_secs(1));
    assert!(poll(&mut call).expect("ended").unwrap_err().is(&codes::DEADLINE));
}
