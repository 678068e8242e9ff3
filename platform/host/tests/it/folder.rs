//! Two processes on one data folder: one leads, and the other takes over when it goes.

use std::time::Duration;

use mainstay_core::{Clock, Stopwatch};

use crate::counter::{Counter, fences_in, host};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_process_takes_over_from_one_that_drains() {
    let folder = tempfile::tempdir().unwrap();
    let first = host(folder.path(), &[]).mount::<Counter>().start().await.unwrap();
    let db = first.database("test.counter").unwrap().clone();
    let clock = Clock::system();
    while fences_in(&db).await.unwrap().is_empty() {
        clock.sleep(Duration::from_millis(5)).await;
    }
    let second = host(folder.path(), &[]).mount::<Counter>().start().await.unwrap();
    clock.sleep(Duration::from_millis(200)).await;
    let before = fences_in(&db).await.unwrap();
    assert_eq!(before.len(), 1, "only one of two works");

    first.shutdown().request();
    first.wait().await.unwrap();
    let watch = Stopwatch::start();
    let db = second.database("test.counter").unwrap();
    while fences_in(db).await.unwrap().len() < 2 {
        assert!(watch.elapsed() < Duration::from_secs(4), "nobody took over");
        clock.sleep(Duration::from_millis(20)).await;
    }
    second.shutdown().request();
    second.wait().await.unwrap();
}
