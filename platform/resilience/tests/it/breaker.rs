//! Leaving a sick dependency alone, and finding out that it is well again.

use std::future::{pending, ready};
use std::time::Duration;

use mainstay_core::{Clock, Result, Retry};
use mainstay_resilience::{Breaker, BreakerOptions, codes};
use mainstay_telemetry::Registry;

use crate::{DECLINED, down, poll, still};

fn breaker(clock: &Clock, registry: &Registry) -> Breaker {
    let options = BreakerOptions { failures: 0.5, calls_min: 4, window_ms: 1_000, open_ms: 5_000 };
    Breaker::new("provider", &options, clock, registry)
}

fn call(breaker: &Breaker, outcome: Result<()>) -> Result<()> {
    poll(&mut Box::pin(breaker.run(ready(outcome)))).expect("ready")
}

fn fail(breaker: &Breaker, times: usize) {
    for _ in 0..times {
        assert!(call(breaker, Err(down())).is_err_and(|error| error.is(&crate::DOWN)));
    }
}

#[test]
fn it_opens_by_share_probes_once_and_closes() {
    let (clock, manual) = still();
    let registry = Registry::new();
    let breaker = breaker(&clock, &registry);
    fail(&breaker, 3);
    assert!(!breaker.is_open(), "three calls prove nothing");
    fail(&breaker, 1);
    assert!(breaker.is_open());

    manual.advance(Duration::from_secs(2));
    let refused = call(&breaker, Ok(())).unwrap_err();
    assert!(refused.is(&codes::BREAKER_OPEN) && !refused.outcome_unknown());
    assert_eq!(refused.retry(), Retry::After(Duration::from_secs(3)));

    manual.advance(Duration::from_secs(3));
    let mut probe = Box::pin(breaker.run(pending::<Result<()>>()));
    assert!(poll(&mut probe).is_none());
    assert!(call(&breaker, Ok(())).unwrap_err().is(&codes::BREAKER_OPEN), "one probe at a time");
    drop(probe);
    assert!(call(&breaker, Ok(())).is_err(), "a probe that was given up counts as failed");

    manual.advance(Duration::from_secs(5));
    fail(&breaker, 1);
    assert!(call(&breaker, Ok(())).is_err(), "a failed probe opens it again");

    manual.advance(Duration::from_secs(5));
    assert!(call(&breaker, Ok(())).is_ok());
    assert!(!breaker.is_open());
    fail(&breaker, 3);
    assert!(!breaker.is_open(), "the past is forgotten");
    let text = registry.encode();
    assert!(text.contains("mainstay_resilience_breaker_open{dependency=\"provider\"} 0"), "{text}");
    assert!(text.contains("mainstay_resilience_breaker_opened_total{dependency=\"provider\"} 3"), "{text}");
}

#[test]
fn a_refusal_is_an_answer() {
    let (clock, _) = still();
    let breaker = breaker(&clock, &Registry::new());
    for _ in 0..100 {
        assert!(call(&breaker, Err(DECLINED.error("no"))).is_err());
    }
    assert!(!breaker.is_open());
}

#[test]
fn a_minority_of_failures_is_borne() {
    let (clock, _) = still();
    let breaker = breaker(&clock, &Registry::new());
    for _ in 0..50 {
        assert!(call(&breaker, Ok(())).is_ok());
        assert!(call(&breaker, Ok(())).is_ok());
        fail(&breaker, 1);
    }
    assert!(!breaker.is_open());
}

#[test]
fn what_is_long_ago_does_not_count() {
    let (clock, manual) = still();
    let breaker = breaker(&clock, &Registry::new());
    for _ in 0..20 {
        fail(&breaker, 1);
        manual.advance(Duration::from_millis(400));
    }
    assert!(!breaker.is_open(), "never four within a second");
}

#[test]
fn a_late_failure_of_before_does_not_lengthen_the_wait() {
    let (clock, manual) = still();
    let breaker = breaker(&clock, &Registry::new());
    let (answer, answered) = futures::channel::oneshot::channel::<Result<()>>();
    let mut slow = Box::pin(breaker.run(async { answered.await.expect("kept") }));
    assert!(poll(&mut slow).is_none());
    fail(&breaker, 4);
    manual.advance(Duration::from_secs(4));
    answer.send(Err(down())).expect("waited for");
    assert!(poll(&mut slow).is_some());
    manual.advance(Duration::from_secs(1));
    assert!(call(&breaker, Ok(())).is_ok(), "the probe comes when it was promised");
}
