//! The end of a process: what is held is finished, what does not end is named, and the deadline is kept.

use std::time::Duration;

use mainstay_core::{Clock, Stopwatch, Tasks};
use mainstay_host::codes::NOT_DRAINED;

use crate::counter::{Counter, host};
use crate::http::get;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_and_a_new_one_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let running = host(folder.path(), &[]).mount::<Counter>().start().await.unwrap();
    let (address, health, shutdown) = (running.http_addr(), running.health().clone(), running.shutdown());
    let slow = Tasks::new().spawn("slow", async move { get(address, "/v1/slow").await });
    Clock::system().sleep(Duration::from_millis(100)).await;

    shutdown.request();
    let ended = Tasks::new().spawn("wait", running.wait());
    Clock::system().sleep(Duration::from_millis(50)).await;
    assert_eq!(health.report().await.status, "draining");
    assert_eq!(get(address, "/readyz").await, None, "the listener is closed");

    assert_eq!(slow.join().await.flatten(), Some((200, "done".to_owned())));
    ended.join().await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_longer_is_cut_at_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["test.counter.slow_ms=20000", "process.drain_seconds=1"];
    let running = host(folder.path(), &keys).mount::<Counter>().start().await.unwrap();
    let address = running.http_addr();
    let slow = Tasks::new().spawn("slow", async move { get(address, "/v1/slow").await });
    Clock::system().sleep(Duration::from_millis(100)).await;

    let watch = Stopwatch::start();
    running.shutdown().request();
    // Whether the cut request's task has ended by then is not promised; that the process goes on is.
    let _ = running.wait().await;
    assert!(watch.elapsed() < Duration::from_millis(1_500), "{:?}", watch.elapsed());
    assert_eq!(slow.join().await.flatten(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_does_not_end_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let keys = ["test.counter.stubborn=true", "process.drain_seconds=1"];
    let running = host(folder.path(), &keys).mount::<Counter>().start().await.unwrap();
    let watch = Stopwatch::start();
    running.shutdown().request();
    let error = running.wait().await.unwrap_err();
    assert!(error.is(&NOT_DRAINED));
    assert!(error.message().contains("test.count"), "{error}");
    assert!(watch.elapsed() < Duration::from_millis(1_500), "{:?}", watch.elapsed());
}
