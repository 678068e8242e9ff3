//! Two ends of a link, over either transport.

use std::fmt;
use std::time::Duration;

use mainstay_core::{
    Account, Clock, Context, Id, ManualClock, Principal, Result, Shutdown, Tasks, TenantId, Timestamp,
    TraceContext,
};
use mainstay_identity::TokenKeys;
use mainstay_rpc::{Channel, Listening, Network, Peer};
use mainstay_secrets::RootKey;
use mainstay_telemetry::Registry;

use super::probe::Probe;
use super::v1::probe_client::ProbeClient;
use crate::case::{Outcome, told};

/// How a call gets to its callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Through the generated server, in a task.
    InProcess,
    /// Over HTTP/2 on the loopback.
    Http2,
}

impl Transport {
    pub const ALL: [Self; 2] = [Self::InProcess, Self::Http2];
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InProcess => "in process",
            Self::Http2 => "over HTTP/2",
        })
    }
}

pub(super) const CALLER: &str = "mainstay.caller";
pub(super) const CALLEE: &str = "mainstay.probe";

/// How long the machine gets for what takes it microseconds.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(1);

/// A caller and a probe with a transport between them, and a clock that stands still.
pub struct Link {
    pub(super) probe: Probe,
    pub(super) peer: Peer<ProbeClient<Channel>>,
    pub(super) clock: Clock,
    pub(super) time: ManualClock,
    shutdown: Shutdown,
    _listening: Option<Listening>,
}

impl Link {
    pub(super) async fn open(transport: Transport) -> Outcome<Self> {
        Self::try_open(transport).await.map_err(told)
    }

    async fn try_open(transport: Transport) -> Result<Self> {
        let (clock, time) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
        let shutdown = Shutdown::new();
        let probe = Probe::new(clock.clone());
        let callee = network(&clock);
        callee.mount(CALLEE, vec![probe.service()]).await?;
        let (caller, listening) = match transport {
            Transport::InProcess => (callee, None),
            Transport::Http2 => {
                let listening = callee.listen("127.0.0.1:0", &shutdown).await?;
                // A network of its own, as another process has it.
                let caller = network(&clock);
                caller.locate(CALLEE, &format!("http://{}", listening.address()))?;
                (caller, Some(listening))
            }
        };
        let peer = caller.peer(CALLER, CALLEE, ProbeClient::new)?;
        Ok(Self { probe, peer, clock, time, shutdown, _listening: listening })
    }

    /// A customer's context without a deadline.
    pub(super) fn context(&self) -> Context {
        Context::new(TenantId::SOLE, Principal::Customer(customer()), TraceContext::root(false))
    }

    pub(super) fn client(&self) -> ProbeClient<Channel> {
        self.peer.client()
    }

    /// Waits, in real time and not for ever, until it is so.
    pub(super) async fn until(&self, what: &str, mut is_so: impl FnMut(&Probe) -> bool) -> Outcome {
        let real = Clock::system();
        let end = real.monotonic() + PATIENCE;
        while !is_so(&self.probe) {
            if real.monotonic() > end {
                return Err(format!("did not come about: {what}"));
            }
            real.sleep(GLANCE).await;
        }
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

pub(super) fn customer() -> Id<Account> {
    Id::from_bytes([5; 16])
}

fn network(clock: &Clock) -> Network {
    let keys = TokenKeys::new(&RootKey::from_bytes([9; 32]));
    Network::new(clock.clone(), Tasks::new(), keys, Registry::new())
}
