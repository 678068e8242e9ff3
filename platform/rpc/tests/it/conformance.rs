//! One suite over both transports.

use mainstay_conformance::case::failures;
use mainstay_conformance::rpc::{Transport, cases};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_process() {
    assert_eq!(failures(cases(Transport::InProcess)).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http2() {
    assert_eq!(failures(cases(Transport::Http2)).await, []);
}
