//! What a process tells about its calls.

use mainstay_conformance::rpc::Probe;
use mainstay_conformance::rpc::v1::probe_client::ProbeClient;
use mainstay_conformance::rpc::v1::{FailRequest, PanicRequest};
use mainstay_core::{Clock, Context, Principal, Tasks, TenantId, TraceContext};
use mainstay_rpc::{Network, answer, request};
use mainstay_telemetry::{Registry, capture};

use crate::world::{CALLEE, CALLER, Served, caller_of, ctx, echo, echo_in, keys};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_count_calls_by_method_and_outcome() {
    let registry = Registry::new();
    let network = Network::new(Clock::system(), Tasks::new(), keys(), registry.clone());
    network.mount(CALLEE, vec![Probe::new(Clock::system()).service()]).await.unwrap();
    let peer = network.peer(CALLER, CALLEE, ProbeClient::new).unwrap();
    for _ in 0..3 {
        echo(&peer).await.unwrap();
    }
    let asked = FailRequest { name: "refused".to_owned() };
    answer(peer.client().fail(request(&ctx(), asked)).await).unwrap_err();
    answer(peer.client().panic(request(&ctx(), PanicRequest {})).await).unwrap_err();
    network.withdraw(CALLEE).await;
    echo(&peer).await.unwrap_err();

    let text = registry.encode();
    let probe = "/mainstay.conformance.v1.Probe";
    let client = |code: &str, method: &str| {
        format!(
            "mainstay_rpc_client_calls_total{{code=\"{code}\",method=\"{probe}/{method}\",peer=\"{CALLEE}\",\
             service=\"{CALLER}\"}}"
        )
    };
    let server = |code: &str, method: &str| {
        format!(
            "mainstay_rpc_server_calls_total{{code=\"{code}\",method=\"{probe}/{method}\",service=\"{CALLEE}\"}}"
        )
    };
    for line in [
        format!("{} 3", client("ok", "Echo")),
        format!("{} 1", client("unavailable", "Echo")),
        format!("{} 1", client("failed_precondition", "Fail")),
        format!("{} 1", client("internal", "Panic")),
        format!("{} 3", server("ok", "Echo")),
        format!("{} 1", server("failed_precondition", "Fail")),
        format!("{} 1", server("internal", "Panic")),
        format!("mainstay_rpc_server_panics_total{{service=\"{CALLEE}\"}} 1"),
        format!(
            "mainstay_rpc_client_running{{method=\"{probe}/Echo\",peer=\"{CALLEE}\",service=\"{CALLER}\"}} 0"
        ),
        format!("mainstay_rpc_server_seconds_count{{method=\"{probe}/Echo\",service=\"{CALLEE}\"}} 3"),
    ] {
        assert!(text.contains(&line), "no {line} in\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_two_spans_one_below_the_other() {
    let captured = capture(&Clock::system());
    let served = Served::start("127.0.0.1:0").await;
    let peer = caller_of(&served.url());
    let trace = TraceContext::root(true);
    let ctx = Context::new(TenantId::SOLE, Principal::Service(CALLER.into()), trace).with_attempt(3);
    echo_in(&peer, &ctx).await.unwrap();
    let asked = FailRequest { name: "refused".to_owned() };
    answer(peer.client().fail(request(&ctx, asked)).await).unwrap_err();

    let spans = captured.of(trace.trace_id);
    let [echo_server, echo_client, fail_server, fail_client] = spans.as_slice() else {
        panic!("four spans in {spans:?}");
    };
    assert_eq!(echo_client.parent, Some(trace.span_id));
    assert_eq!(echo_server.parent, Some(echo_client.span_id));
    assert_eq!(echo_server.name, "mainstay.conformance.v1.Probe/Echo");
    assert_eq!(echo_server.attribute("rpc.attempt"), Some("3"));
    assert_eq!((&echo_client.error, &echo_server.error), (&None, &None));
    for failed in [fail_server, fail_client] {
        assert_eq!(failed.attribute("error.code"), Some("probe.refused"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_not_sampled_leaves_no_span() {
    let captured = capture(&Clock::system());
    let served = Served::start("127.0.0.1:0").await;
    let ctx = ctx();
    echo_in(&caller_of(&served.url()), &ctx).await.unwrap();
    assert_eq!(captured.of(ctx.trace().trace_id), []);
}
