//! What a call costs on either transport: `cargo run --release -p mainstay-rpc --example call_cost`.
//!
//! One caller alone shows the latency, 64 at once the throughput. `one principal` is a service that calls again and
//! again, whose token is signed once; `each its own` is a shop with a new visitor for each call. Words after the
//! command choose the lines that have them all.

use std::time::Duration;

use mainstay_conformance::rpc::Probe;
use mainstay_conformance::rpc::v1::EchoRequest;
use mainstay_conformance::rpc::v1::probe_client::ProbeClient;
use mainstay_core::{Clock, Context, Error, Id, Principal, Result, Shutdown, Stopwatch, Tasks, codes};
use mainstay_identity::TokenKeys;
use mainstay_rpc::{Channel, Network, Peer, answer, request};
use mainstay_secrets::RootKey;
use mainstay_telemetry::Registry;

const CALLER: &str = "shop.orders";
const CALLEE: &str = "shop.payments";
const CALLS: u64 = 200_000;
const AT_ONCE: u64 = 64;

fn network() -> Network {
    let keys = TokenKeys::new(&RootKey::from_bytes([3; 32]));
    Network::new(Clock::system(), Tasks::new(), keys, Registry::new())
}

#[derive(Clone, Copy)]
enum Asking {
    OnePrincipal,
    EachItsOwn,
}

async fn calls(peer: Peer<ProbeClient<Channel>>, calls: u64, asking: Asking) -> Result<()> {
    let one = Context::background(CALLER);
    let clock = Clock::system();
    for _ in 0..calls {
        let ctx = match asking {
            Asking::OnePrincipal => one.clone(),
            Asking::EachItsOwn => one.with_principal(Principal::Anonymous(Id::generate(&clock))),
        };
        let asked = EchoRequest { payload: vec![7; 100], answer_bytes: 0 };
        answer(peer.client().echo(request(&ctx, asked)).await)?;
    }
    Ok(())
}

async fn measure(
    name: &str,
    peer: &Peer<ProbeClient<Channel>>,
    at_once: u64,
    all: u64,
    asking: Asking,
) -> Result<()> {
    if !std::env::args().skip(1).all(|word| name.contains(&word)) {
        return Ok(());
    }
    calls(peer.clone(), all / 20, asking).await?;
    let tasks = Tasks::new();
    let (time, cpu) = (Stopwatch::start(), cpu_time());
    let each = all / at_once;
    let callers: Vec<_> =
        (0..at_once).map(|_| tasks.spawn("caller", calls(peer.clone(), each, asking))).collect();
    for caller in callers {
        caller.join().await.ok_or_else(|| codes::INTERNAL.error("a caller panicked"))??;
    }
    let per_call = |whole: Duration| whole.as_secs_f64() * 1e6 / (each * at_once) as f64;
    let (time, cpu) = (per_call(time.elapsed()), per_call(cpu_time() - cpu));
    println!("{name:<40} {time:>8.2} us a call, {cpu:>8.2} us of processor time");
    Ok(())
}

/// What this process has used of all processors, both ends of each call together. The fields after the command's
/// name: 14 and 15 are hundredths of a second in the program and in the kernel.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        after_name.split(' ').skip(12).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Error> {
    let here = network();
    here.mount(CALLEE, vec![Probe::new(Clock::system()).service()]).await?;
    let local = here.peer(CALLER, CALLEE, ProbeClient::new)?;
    let listening = here.listen("127.0.0.1:0", &Shutdown::new()).await?;
    let there = network();
    there.locate(CALLEE, &format!("http://{}", listening.address()))?;
    let remote = there.peer(CALLER, CALLEE, ProbeClient::new)?;

    measure("in process, alone, one principal", &local, 1, CALLS, Asking::OnePrincipal).await?;
    measure("in process, alone, each its own", &local, 1, CALLS, Asking::EachItsOwn).await?;
    measure("in process, 64 at once, one principal", &local, AT_ONCE, CALLS * 2, Asking::OnePrincipal)
        .await?;
    measure("in process, 64 at once, each its own", &local, AT_ONCE, CALLS * 2, Asking::EachItsOwn).await?;
    measure("HTTP/2, alone, one principal", &remote, 1, CALLS / 10, Asking::OnePrincipal).await?;
    measure("HTTP/2, 64 at once, one principal", &remote, AT_ONCE, CALLS, Asking::OnePrincipal).await?;
    measure("HTTP/2, 64 at once, each its own", &remote, AT_ONCE, CALLS, Asking::EachItsOwn).await
}
