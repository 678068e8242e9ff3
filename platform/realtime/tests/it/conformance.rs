//! The embedded fan-out passes the suite of its port.

use std::sync::Arc;

use mainstay_conformance::case::failures;
use mainstay_conformance::realtime::{Make, cases};
use mainstay_realtime::InMemory;

#[tokio::test]
async fn the_embedded_fan_out_keeps_the_promises_of_the_port() {
    let make: Make = Arc::new(|| Arc::new(InMemory::new()));
    assert_eq!(failures(cases(&make)).await, []);
}
