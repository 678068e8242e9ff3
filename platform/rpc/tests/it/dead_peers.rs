//! Peers that are not there, come back, keep silent or hang up.

use std::time::Duration;

use mainstay_core::{Clock, Stopwatch, codes};
use mainstay_ports::free_address;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::world::{CALLEE, SOON, Served, caller_of, ctx, echo, echo_in, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_not_there_is_unavailable_at_once_and_by_name() {
    let peer = caller_of(&format!("http://{}", free_address()));
    let time = Stopwatch::start();
    let calls = (0..300).map(|_| echo(&peer));
    for outcome in futures::future::join_all(calls).await {
        let error = outcome.unwrap_err();
        assert!(error.is(&codes::UNAVAILABLE), "{error:?}");
        assert_eq!(error.message(), format!("{CALLEE} cannot be reached"));
        assert!(error.is_temporary());
    }
    assert!(time.elapsed() < Duration::from_secs(1), "{:?}", time.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_comes_up_later_is_found() {
    let address = free_address().to_string();
    let peer = caller_of(&format!("http://{address}"));
    echo(&peer).await.unwrap_err();
    let _served = Served::start(&address).await;
    let clock = Clock::system();
    let end = clock.monotonic() + SOON;
    while let Err(error) = echo(&peer).await {
        assert!(error.is(&codes::UNAVAILABLE), "{error:?}");
        assert!(clock.monotonic() < end);
        clock.sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_restarts_loses_no_call_that_comes_after() {
    let address = free_address().to_string();
    let first = Served::start(&address).await;
    let peer = caller_of(&first.url());
    echo(&peer).await.unwrap();
    assert!(first.listening.drain(SOON).await);
    let second = Served::start(&address).await;
    for _ in 0..20 {
        echo(&peer).await.unwrap();
    }
    assert_eq!(second.probe.begun(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_keeps_silent_costs_the_deadline_and_no_more() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = caller_of(&format!("http://{}", silent.local_addr().unwrap()));
    let clock = Clock::system();
    let time = Stopwatch::start();
    let ctx = ctx().with_deadline(clock.monotonic() + Duration::from_millis(100));
    let error = echo_in(&peer, &ctx).await.unwrap_err();
    assert!(error.is(&codes::DEADLINE), "{error:?}");
    assert!(time.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_hangs_up_is_unavailable() {
    let rude = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = caller_of(&format!("http://{}", rude.local_addr().unwrap()));
    let hanging_up = async {
        loop {
            let (mut stream, _) = rude.accept().await.unwrap();
            // Reads the call's beginning, so that it is under way.
            let mut bytes = [0; 64];
            let _ = stream.read(&mut bytes).await;
        }
    };
    let calls = async {
        for _ in 0..10 {
            let error = echo(&peer).await.unwrap_err();
            assert!(error.is(&codes::UNAVAILABLE), "{error:?}");
            assert!(error.outcome_unknown());
        }
    };
    tokio::select! {
        () = calls => {}
        () = hanging_up => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_speaks_something_else_is_unavailable() {
    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = caller_of(&format!("http://{}", stranger.local_addr().unwrap()));
    let talking = async {
        loop {
            let (mut stream, _) = stranger.accept().await.unwrap();
            let _ =
                tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    };
    tokio::select! {
        outcome = echo(&peer) => assert!(outcome.unwrap_err().is(&codes::UNAVAILABLE)),
        () = talking => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_under_way_fails_when_its_peer_dies() {
    let served = Served::start("127.0.0.1:0").await;
    // A proxy in between stands for the peer's machine: when it goes, nobody says goodbye.
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = caller_of(&format!("http://{}", front.local_addr().unwrap()));
    let (mut inbound, mut outbound) = {
        let accepting = async {
            let (inbound, _) = front.accept().await.unwrap();
            let outbound = tokio::net::TcpStream::connect(served.listening.address()).await.unwrap();
            (inbound, outbound)
        };
        let call = echo(&peer);
        tokio::pin!(call);
        tokio::select! {
            streams = accepting => streams,
            _ = &mut call => panic!("nobody has answered yet"),
        }
    };
    let ctx = ctx();
    let waiting = async {
        mainstay_rpc::answer(
            peer.client()
                .wait(mainstay_rpc::request(&ctx, Default::default()))
                .await
                .map(|_| tonic::Response::new(())),
        )
    };
    let dying = async {
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound) => panic!("nobody has hung up yet"),
            () = until("the call waits", || served.probe.waiting() == 1) => {}
        }
        drop((inbound, outbound));
    };
    let (outcome, ()) = futures::join!(waiting, dying);
    let error = outcome.unwrap_err();
    assert!(error.is(&codes::UNAVAILABLE), "{error:?}");
    assert!(error.outcome_unknown());
    until("the callee's work ends too", || served.probe.ended() == 1).await;
}
