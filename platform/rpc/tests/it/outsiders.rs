//! Who comes in by the listener without being one of ours; and what tools may see. The client here is tonic's own.

use mainstay_conformance::rpc::v1::EchoRequest;
use mainstay_conformance::rpc::v1::probe_client::ProbeClient;
use mainstay_core::{Clock, codes};
use mainstay_identity::TokenKeys;
use mainstay_identity::codes::TOKEN_REFUSED;
use mainstay_rpc::{answer, error};
use mainstay_secrets::RootKey;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::world::{CALLEE, CALLER, SOON, Served, ctx, keys};

async fn foreign(served: &Served) -> Channel {
    Endpoint::from_shared(served.url()).unwrap().connect().await.unwrap()
}

fn with_token(authorization: &[u8]) -> Request<EchoRequest> {
    let mut request = Request::new(EchoRequest::default());
    let value = std::str::from_utf8(authorization).unwrap().parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

fn token(keys: &TokenKeys, issuer: &str, audience: &str) -> Vec<u8> {
    keys.minter(issuer, audience, &Clock::system()).unwrap().authorization(&ctx()).to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_token_for_this_service_lets_a_call_in() {
    let served = Served::start("127.0.0.1:0").await;
    let mut client = ProbeClient::new(foreign(&served).await);
    let others = TokenKeys::new(&RootKey::from_bytes([4; 32]));
    let mut bare = Request::new(EchoRequest::default());
    for name in ["mainstay-principal", "x-forwarded-user", "principal"] {
        bare.metadata_mut().insert(name, "service:shop.orders".parse().unwrap());
    }
    for bad in [
        bare,
        with_token(b"Bearer e30"),
        with_token(b"Basic c3RhZmY6c3RhZmY"),
        with_token(&token(&keys(), CALLER, "shop.inventory")),
        with_token(&token(&others, CALLER, CALLEE)),
    ] {
        let error = error(client.echo(bad).await.unwrap_err());
        assert!(error.is(&TOKEN_REFUSED), "{error:?}");
    }
    assert_eq!(served.probe.begun(), 0);

    // To who called for somebody it is no refusal of that somebody, and may be tried again.
    let refused = client.echo(with_token(&token(&others, CALLER, CALLEE))).await;
    let error = answer(refused).unwrap_err();
    assert!(error.is(&codes::UNAVAILABLE) && error.is_temporary(), "{error:?}");

    let seen = client.echo(with_token(&token(&keys(), CALLER, CALLEE))).await.unwrap().into_inner();
    assert_eq!(seen.caller, CALLER);
    assert!(seen.remaining_micros > 0, "a caller that names no deadline gets one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_deadline_is_refused() {
    let served = Served::start("127.0.0.1:0").await;
    let mut client = ProbeClient::new(foreign(&served).await);
    for timeout in ["soon", "123456789S", "1"] {
        let mut request = with_token(&token(&keys(), CALLER, CALLEE));
        request.metadata_mut().insert("grpc-timeout", timeout.parse().unwrap());
        let error = error(client.echo(request).await.unwrap_err());
        assert!(error.is(&codes::INVALID), "{timeout}: {error:?}");
    }
}

/// A caller that keeps no time itself: the bytes of a call on a bare connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callee_keeps_the_time_even_when_the_caller_does_not() {
    let served = Served::start("127.0.0.1:0").await;
    let stream = tokio::net::TcpStream::connect(served.listening.address()).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let tasks = mainstay_core::Tasks::new();
    tasks.spawn("connection", connection);
    // One message without a field: not compressed, no byte long.
    let call = http::Request::post(format!("{}/mainstay.conformance.v1.Probe/Wait", served.url()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", token(&keys(), CALLER, CALLEE))
        .header("grpc-timeout", "300m")
        .body(http_body_util::Full::new(bytes::Bytes::from_static(&[0; 5])))
        .unwrap();
    let response = sender.send_request(call).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "4", "{response:?}");
    assert_eq!((served.probe.begun(), served.probe.ended()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_by_service_by_contract_and_for_all() {
    let served = Served::start("127.0.0.1:0").await;
    let mut client = HealthClient::new(foreign(&served).await);
    let mut check = async |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        client.check(request).await.map(|answer| answer.into_inner().status())
    };
    for name in ["", CALLEE, "mainstay.conformance.v1.Probe"] {
        assert_eq!(check(name).await.unwrap(), ServingStatus::Serving, "{name}");
    }
    served.network.set_ready(CALLEE, false).await;
    for name in ["", CALLEE, "mainstay.conformance.v1.Probe"] {
        assert_eq!(check(name).await.unwrap(), ServingStatus::NotServing, "{name}");
    }
    served.network.set_ready(CALLEE, true).await;
    assert_eq!(check("").await.unwrap(), ServingStatus::Serving);
    assert_eq!(check("shop.unknown").await.unwrap_err().code(), tonic::Code::NotFound);
    served.listening.drain(SOON).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_knows_the_contracts() {
    let served = Served::start("127.0.0.1:0").await;
    let mut client = ServerReflectionClient::new(foreign(&served).await);
    let mut ask = async |asked: MessageRequest| {
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(asked) };
        let mut answers =
            client.server_reflection_info(futures::stream::iter([request])).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap().message_response.unwrap()
    };
    let MessageResponse::ListServicesResponse(list) = ask(MessageRequest::ListServices(String::new())).await
    else {
        panic!("not a list");
    };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for name in ["mainstay.conformance.v1.Probe", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
    let symbol = MessageRequest::FileContainingSymbol("mainstay.conformance.v1.Probe".to_owned());
    assert!(matches!(ask(symbol).await, MessageResponse::FileDescriptorResponse(_)));
}
