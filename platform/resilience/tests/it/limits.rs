//! Allowances in memory, against the suite of the port.

use std::sync::Arc;

use futures::FutureExt;
use mainstay_conformance::case::failures;
use mainstay_conformance::limits::{Allowances, cases};
use mainstay_core::{Clock, Timestamp};
use mainstay_resilience::MemoryLimits;
use mainstay_telemetry::Registry;

#[tokio::test]
async fn every_case_holds() {
    let cases = cases(|| {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let limits = Arc::new(MemoryLimits::new(1_000, &clock, &Registry::new()));
        let pass = Arc::new(move |time| {
            manual.advance(time);
            std::future::ready(()).boxed()
        });
        Allowances { limits, pass }
    });
    assert!(cases.len() >= 6, "the suite has lost cases");
    assert_eq!(failures(cases).await, Vec::new());
}
