//! Ending: what is under way is finished, what comes later goes elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mainstay_conformance::rpc::v1::{CountRequest, Ending, WaitRequest};
use mainstay_core::codes;
use mainstay_ports::free_address;
use mainstay_rpc::{answer, open_ended_request, request};

use crate::world::{SOON, Served, caller_of, ctx, echo, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_is_finished() {
    let served = Served::start("127.0.0.1:0").await;
    let peer = caller_of(&served.url());
    let asked = CountRequest { to: 200_000, ending: Ending::Close as i32 };
    let mut stream = answer(peer.client().count(open_ended_request(&ctx(), asked)).await).unwrap();
    assert_eq!(stream.message().await.unwrap().unwrap().number, 1);
    let reading = async {
        let mut last = 1;
        while let Some(message) = stream.message().await.unwrap() {
            last = message.number;
        }
        last
    };
    let (last, is_drained) = futures::join!(reading, served.listening.drain(SOON));
    assert_eq!(last, 200_000);
    assert!(is_drained);
    assert!(echo(&peer).await.unwrap_err().is(&codes::UNAVAILABLE));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_has_an_end_even_when_a_call_has_none() {
    let served = Served::start("127.0.0.1:0").await;
    let peer = caller_of(&served.url());
    let ctx = ctx();
    let waiting = async {
        let _ = peer.client().wait(request(&ctx, WaitRequest {})).await;
    };
    let draining = async {
        until("the call waits", || served.probe.waiting() == 1).await;
        assert!(!served.listening.drain(Duration::from_millis(50)).await);
    };
    tokio::select! {
        () = waiting => panic!("nobody answers"),
        () = draining => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_fails_few_calls_and_repeats_none() {
    let address = free_address().to_string();
    let first = Served::start(&address).await;
    let peer = caller_of(&first.url());
    let stop = Arc::new(AtomicBool::new(false));
    let (good, bad) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let load = futures::future::join_all((0..8).map(|_| async {
        while !stop.load(Ordering::Relaxed) {
            match echo(&peer).await {
                Ok(()) => good.fetch_add(1, Ordering::Relaxed),
                Err(error) => {
                    assert!(error.is(&codes::UNAVAILABLE), "{error:?}");
                    mainstay_core::Clock::system().sleep(Duration::from_millis(1)).await;
                    bad.fetch_add(1, Ordering::Relaxed)
                }
            };
        }
    }));
    let restarting = async {
        until("calls pass", || good.load(Ordering::Relaxed) > 200).await;
        assert!(first.listening.drain(SOON).await);
        let before = good.load(Ordering::Relaxed);
        let second = Served::start(&address).await;
        until("calls pass again", || good.load(Ordering::Relaxed) > before + 200).await;
        stop.store(true, Ordering::Relaxed);
        second
    };
    let (_, second) = futures::join!(load, restarting);
    // A call that was answered was made once; one that was not may have been made.
    let (good, made) = (good.load(Ordering::Relaxed), first.probe.begun() + second.probe.begun());
    let bad = bad.load(Ordering::Relaxed);
    assert!(made >= good && made <= good + bad, "{good} good, {bad} bad, {made} made");
}
