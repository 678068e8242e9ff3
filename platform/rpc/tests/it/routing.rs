//! Which service a call gets to.

use std::sync::Arc;

use mainstay_conformance::rpc::Probe;
use mainstay_conformance::rpc::v1::EchoRequest;
use mainstay_conformance::rpc::v1::probe_client::ProbeClient;
use mainstay_core::{Clock, Shutdown, Tasks, codes};
use mainstay_rpc::codes::{BAD_ADDRESS, BAD_DESCRIPTORS, CANNOT_LISTEN, MOUNTED_TWICE, NOT_CONNECTED};
use mainstay_rpc::{RpcService, error, v1};
use tonic::Request;
use tonic::transport::Endpoint;

use crate::world::{CALLEE, CALLER, Served, caller_of, ctx, echo, keys, process};

#[tokio::test]
async fn a_peer_is_looked_up_at_the_call_and_not_before() {
    let network = process();
    let peer = network.peer(CALLER, CALLEE, ProbeClient::new).unwrap();
    let error = echo(&peer).await.unwrap_err();
    assert!(error.is(&NOT_CONNECTED), "{error:?}");
    assert!(error.is_temporary());
    network.mount(CALLEE, vec![Probe::new(Clock::system()).service()]).await.unwrap();
    echo(&peer).await.unwrap();
    network.withdraw(CALLEE).await;
    assert!(echo(&peer).await.unwrap_err().is(&NOT_CONNECTED));
}

#[tokio::test]
async fn what_runs_here_is_called_here_even_when_an_address_is_known() {
    let network = process();
    network.locate(CALLEE, "http://127.0.0.1:1").unwrap();
    let peer = network.peer(CALLER, CALLEE, ProbeClient::new).unwrap();
    assert!(echo(&peer).await.unwrap_err().is(&codes::UNAVAILABLE));
    network.mount(CALLEE, vec![Probe::new(Clock::system()).service()]).await.unwrap();
    echo(&peer).await.unwrap();
}

#[tokio::test]
async fn a_name_is_taken_once_and_a_contract_too() {
    let network = process();
    let probe = Probe::new(Clock::system());
    network.mount(CALLEE, vec![probe.service()]).await.unwrap();
    let again = network.mount(CALLEE, vec![probe.service()]).await.unwrap_err();
    assert!(again.is(&MOUNTED_TWICE));
    let twice = network.mount("shop.other", vec![probe.service(), probe.service()]).await.unwrap_err();
    assert!(twice.is(&MOUNTED_TWICE));
    let foreign = tonic_health::pb::health_server::HealthServer::new(
        tonic_health::server::HealthService::from_health_reporter(Default::default()),
    );
    let wrong = RpcService::new(foreign, v1::FILE_DESCRIPTOR_SET);
    assert!(network.mount("shop.third", vec![wrong]).await.unwrap_err().is(&BAD_DESCRIPTORS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_at_one_address_are_told_apart_by_name() {
    let served = Served::start("127.0.0.1:0").await;
    let other = Probe::new(Clock::system());
    served.network.mount("shop.other", vec![other.service()]).await.unwrap();
    echo(&caller_of(&served.url())).await.unwrap();
    assert_eq!((served.probe.begun(), other.begun()), (1, 0));

    let elsewhere = process();
    for name in ["shop.other", "shop.absent"] {
        elsewhere.locate(name, &served.url()).unwrap();
    }
    echo(&elsewhere.peer(CALLER, "shop.other", ProbeClient::new).unwrap()).await.unwrap();
    assert_eq!((served.probe.begun(), other.begun()), (1, 1));
    let absent = elsewhere.peer(CALLER, "shop.absent", ProbeClient::new).unwrap();
    assert!(echo(&absent).await.unwrap_err().is(&NOT_CONNECTED));

    // A caller that names nobody cannot be helped when two have the contract.
    let channel = Endpoint::from_shared(served.url()).unwrap().connect().await.unwrap();
    let mut request = Request::new(EchoRequest::default());
    let minter = keys().minter(CALLER, CALLEE, &Clock::system()).unwrap();
    let token = String::from_utf8(minter.authorization(&ctx()).to_vec()).unwrap();
    request.metadata_mut().insert("authorization", token.parse().unwrap());
    let status = ProbeClient::new(channel.clone()).echo(request).await.unwrap_err();
    assert!(error(status).is(&codes::INVALID));
    let status = v1::event_log_client::EventLogClient::new(channel)
        .follow(v1::FollowRequest::default())
        .await
        .unwrap_err();
    assert!(error(status).is(&codes::UNIMPLEMENTED));
}

#[tokio::test]
async fn bad_addresses_are_refused_before_anything_is_called() {
    let network = process();
    assert!(network.locate(CALLEE, "127.0.0.1:9000").unwrap_err().is(&BAD_ADDRESS));
    let held = Arc::new(Served::start("127.0.0.1:0").await);
    let taken = held.listening.address().to_string();
    for address in [taken.as_str(), "nonsense", "192.0.2.1:1"] {
        let error = network.listen(address, &Shutdown::new()).await.err().unwrap();
        assert!(error.is(&CANNOT_LISTEN), "{address}: {error:?}");
    }
}

#[tokio::test]
async fn calls_that_wait_for_nothing_leave_others_their_turn() {
    let network = process();
    network.mount(CALLEE, vec![Probe::new(Clock::system()).service()]).await.unwrap();
    let peer = network.peer(CALLER, CALLEE, ProbeClient::new).unwrap();
    let other = Tasks::new().spawn("other", async {});
    for _ in 0..1_000 {
        echo(&peer).await.unwrap();
        if other.is_finished() {
            return;
        }
    }
    panic!("the other task had no turn in a thousand calls");
}
