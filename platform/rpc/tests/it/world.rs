//! Processes of one installation, as networks of their own.

use std::time::Duration;

use mainstay_conformance::rpc::Probe;
use mainstay_conformance::rpc::v1::EchoRequest;
use mainstay_conformance::rpc::v1::probe_client::ProbeClient;
use mainstay_core::{Clock, Context, Error, Shutdown, Tasks};
use mainstay_identity::TokenKeys;
use mainstay_rpc::{Channel, Listening, Network, Peer, answer, request};
use mainstay_secrets::RootKey;
use mainstay_telemetry::Registry;

pub const CALLER: &str = "shop.orders";
pub const CALLEE: &str = "shop.payments";

/// Long for a machine, short for a person.
pub const SOON: Duration = Duration::from_secs(10);

pub fn keys() -> TokenKeys {
    TokenKeys::new(&RootKey::from_bytes([3; 32]))
}

/// A process with nothing in it, on the real clock.
pub fn process() -> Network {
    Network::new(Clock::system(), Tasks::new(), keys(), Registry::new())
}

/// A process that serves the probe at `address`.
pub struct Served {
    pub network: Network,
    pub probe: Probe,
    pub listening: Listening,
}

impl Served {
    pub async fn start(address: &str) -> Self {
        let network = process();
        let probe = Probe::new(Clock::system());
        network.mount(CALLEE, vec![probe.service()]).await.unwrap();
        let listening = network.listen(address, &Shutdown::new()).await.unwrap();
        Self { network, probe, listening }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.listening.address())
    }
}

/// A caller in a process of its own, with the callee at `url`.
pub fn caller_of(url: &str) -> Peer<ProbeClient<Channel>> {
    let network = process();
    network.locate(CALLEE, url).unwrap();
    network.peer(CALLER, CALLEE, ProbeClient::new).unwrap()
}

pub fn ctx() -> Context {
    Context::background(CALLER)
}

pub async fn echo(peer: &Peer<ProbeClient<Channel>>) -> Result<(), Error> {
    echo_in(peer, &ctx()).await
}

pub async fn echo_in(peer: &Peer<ProbeClient<Channel>>, ctx: &Context) -> Result<(), Error> {
    answer(peer.client().echo(request(ctx, EchoRequest::default())).await).map(drop)
}

/// Waits, not for ever, until it is so.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let clock = Clock::system();
    let end = clock.monotonic() + SOON;
    while !is_so() {
        assert!(clock.monotonic() < end, "did not come about: {what}");
        clock.sleep(Duration::from_millis(1)).await;
    }
}
