//! A bounded number of calls under way.

use std::future::{pending, ready};
use std::time::Duration;

use mainstay_core::Result;
use mainstay_resilience::{Bulkhead, BulkheadOptions, codes};
use mainstay_telemetry::Registry;

use crate::{context, poll, still};

#[test]
fn the_next_waits_and_the_one_after_is_refused() {
    let (clock, _) = still();
    let registry = Registry::new();
    let options = BulkheadOptions { calls_max: 1, waiting_max: 1 };
    let bulkhead = Bulkhead::new("provider", &options, &clock, &registry);
    let ctx = context();
    let mut first = Box::pin(bulkhead.run(&ctx, pending::<Result<()>>()));
    assert!(poll(&mut first).is_none());
    let mut second = Box::pin(bulkhead.run(&ctx, ready(Ok(2))));
    assert!(poll(&mut second).is_none());
    let mut third = Box::pin(bulkhead.run(&ctx, ready(Ok(3))));
    let refused = poll(&mut third).expect("at once").unwrap_err();
    assert!(refused.is(&codes::BULKHEAD_FULL) && !refused.outcome_unknown());
    assert!(registry.encode().contains("mainstay_resilience_bulkhead_in_use{dependency=\"provider\"} 1"));

    drop(first);
    assert_eq!(poll(&mut second).expect("its turn").unwrap(), 2);
    let mut fourth = Box::pin(bulkhead.run(&ctx, ready(Ok(4))));
    assert_eq!(poll(&mut fourth).expect("free").unwrap(), 4);
    assert!(registry.encode().contains("mainstay_resilience_bulkhead_in_use{dependency=\"provider\"} 0"));
}

#[test]
fn nobody_waits_beyond_the_deadline() {
    let (clock, manual) = still();
    let options = BulkheadOptions { calls_max: 1, waiting_max: 10 };
    let bulkhead = Bulkhead::new("provider", &options, &clock, &Registry::new());
    let ctx = context();
    let mut first = Box::pin(bulkhead.run(&ctx, pending::<Result<()>>()));
    assert!(poll(&mut first).is_none());
    let hurried = ctx.with_deadline(clock.monotonic() + Duration::from_secs(1));
    let mut waiting = Box::pin(bulkhead.run(&hurried, ready(Ok(()))));
    assert!(poll(&mut waiting).is_none());
    manual.advance(Duration::from_secs(1));
    assert!(poll(&mut waiting).expect("ended").unwrap_err().is(&codes::BULKHEAD_FULL));
    // Who gave up waits no longer and takes no place.
    drop(waiting);
    drop(first);
    assert!(poll(&mut Box::pin(bulkhead.run(&ctx, ready(Ok(()))))).expect("free").is_ok());
}
