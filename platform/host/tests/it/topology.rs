//! Peers here and elsewhere, with the same service on either side.

use mainstay_host::Running;

use crate::counter::{Asker, Counter, host};
use crate::http::get;

async fn ask(running: &Running) -> String {
    get(running.http_addr(), "/v1/ask").await.unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_in_the_process_may_be_mounted_later() {
    let folder = tempfile::tempdir().unwrap();
    let running = host(folder.path(), &[]).mount::<Asker>().mount::<Counter>().start().await.unwrap();
    assert_eq!(ask(&running).await, "open");
    running.shutdown().request();
    running.wait().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_elsewhere_is_reached_when_it_is_there_and_never_gates() {
    let folder = tempfile::tempdir().unwrap();
    let counting =
        host(folder.path(), &["rpc.listen=\"127.0.0.1:0\""]).mount::<Counter>().start().await.unwrap();
    let address = counting.rpc_addr().unwrap();
    let key = format!("peers.\"test.counter\"=\"http://{address}\"");
    let asking = host(folder.path(), &[&key]).mount::<Asker>().start().await.unwrap();

    assert_eq!(ask(&asking).await, "open");
    let report = asking.health().report().await;
    assert!(report.is_ready());
    assert!(report.checks.iter().any(|check| check.name == "peer test.counter" && check.ok), "{report:?}");

    counting.shutdown().request();
    counting.wait().await.unwrap();
    assert_ne!(ask(&asking).await, "open", "nobody is there any more");
    // Results are kept for a second.
    mainstay_core::Clock::system().sleep(std::time::Duration::from_millis(1_100)).await;
    let report = asking.health().report().await;
    assert!(report.is_ready(), "a sick peer must not take this process out: {report:?}");
    let peer = report.checks.iter().find(|check| check.name == "peer test.counter").unwrap();
    assert!(!peer.ok && !peer.gates, "{report:?}");
    asking.shutdown().request();
    asking.wait().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn installations_with_another_root_key_do_not_trust_each_other() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let counting =
        host(one.path(), &["rpc.listen=\"127.0.0.1:0\""]).mount::<Counter>().start().await.unwrap();
    let key = format!("peers.\"test.counter\"=\"http://{}\"", counting.rpc_addr().unwrap());
    let asking = host(other.path(), &[&key]).mount::<Asker>().start().await.unwrap();
    let refused = ask(&asking).await;
    // Not whoever asks is refused, but the way to the peer is closed.
    let told = ["core.unavailable", "not signed by who it names"];
    assert!(told.iter().all(|part| refused.contains(part)), "{refused}");
    for running in [asking, counting] {
        running.shutdown().request();
        running.wait().await.unwrap();
    }
}
