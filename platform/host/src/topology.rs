//! Where each service runs: in this process when it is mounted here, else at the address that the configuration names.
//!
//! It is decided when a service says what it needs, so that a missing address is found before a port is bound; whether
//! the other side is there shows only when it is called.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Error, Result};
use mainstay_events::{EventSource, Feed, Outbox, Page, Position};
use parking_lot::Mutex;

use crate::codes::NO_PEER;
use crate::settings::PeerSettings;

/// The services of a system, as one process sees them.
pub(crate) struct Topology {
    here: BTreeSet<&'static str>,
    elsewhere: BTreeMap<String, String>,
    logs: Arc<Logs>,
}

/// The events of the services that are mounted here.
type Logs = Mutex<BTreeMap<&'static str, Outbox>>;

/// Where a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Here,
    Elsewhere,
}

impl Topology {
    pub(crate) fn new(here: BTreeSet<&'static str>, peers: &PeerSettings) -> Self {
        let mut elsewhere = peers.addresses();
        // Who is mounted here is called here, even when an address is known too.
        elsewhere.retain(|name, _| !here.contains(name.as_str()));
        Self { here, elsewhere, logs: Arc::default() }
    }

    /// Services that run elsewhere, with their addresses.
    pub(crate) fn elsewhere(&self) -> &BTreeMap<String, String> {
        &self.elsewhere
    }

    /// Where `callee` is, for `caller` who needs it; `host.no_peer` when nobody knows.
    pub(crate) fn place(&self, caller: &str, callee: &str) -> Result<Place> {
        if self.here.contains(callee) {
            return Ok(Place::Here);
        }
        if self.elsewhere.contains_key(callee) {
            return Ok(Place::Elsewhere);
        }
        Err(NO_PEER.error(format!(
            "{caller} needs {callee}, which this process does not run; say where it runs with \
             peers.\"{callee}\" = \"http://host:port\" in mainstay.toml, or run it here too"
        )))
    }

    /// Makes the events of a service of this process readable for the others.
    pub(crate) fn publish(&self, name: &'static str, outbox: Outbox) {
        self.logs.lock().insert(name, outbox);
    }

    /// The events of a service of this process, which may start after its consumers.
    pub(crate) fn log_here(&self, name: &'static str) -> Arc<dyn EventSource> {
        Arc::new(LogHere { name, logs: Arc::clone(&self.logs) })
    }
}

/// A log that is looked up when it is first read: services start in any order.
struct LogHere {
    name: &'static str,
    logs: Arc<Logs>,
}

#[async_trait]
impl EventSource for LogHere {
    fn name(&self) -> &str {
        self.name
    }

    fn follow(&self, topic: &str, after: Position, limit: usize) -> Box<dyn Feed> {
        match self.logs.lock().get(self.name) {
            Some(outbox) => outbox.follow(topic, after, limit),
            None => Box::new(NoLog { name: self.name }),
        }
    }

    async fn newest(&self) -> Result<Position> {
        // Not held over the wait.
        let outbox = self.logs.lock().get(self.name).cloned();
        match outbox {
            Some(outbox) => outbox.newest().await,
            None => Err(no_log(self.name)),
        }
    }
}

/// What is read of a service that tells nothing.
struct NoLog {
    name: &'static str,
}

#[async_trait]
impl Feed for NoLog {
    async fn next(&mut self) -> Result<Page> {
        Err(no_log(self.name))
    }
}

fn no_log(name: &str) -> Error {
    NO_PEER.error(format!("{name} runs here and publishes no events"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(text: &str) -> PeerSettings {
        text.parse::<toml::Table>().unwrap().try_into().unwrap()
    }

    #[test]
    fn here_wins_over_an_address_and_nowhere_names_the_key() {
        let peers = peers("\"shop.cart\" = \"http://a:1\"\n\"shop.payments\" = \"http://b:2\"");
        let topology = Topology::new(BTreeSet::from(["shop.orders", "shop.cart"]), &peers);
        assert_eq!(topology.place("shop.orders", "shop.cart").unwrap(), Place::Here);
        assert_eq!(topology.place("shop.orders", "shop.payments").unwrap(), Place::Elsewhere);
        assert_eq!(topology.elsewhere().len(), 1);

        let error = topology.place("shop.orders", "shop.pricing").unwrap_err();
        assert!(error.is(&NO_PEER));
        assert!(error.message().contains("peers.\"shop.pricing\""), "{error}");
    }

    #[tokio::test]
    async fn a_service_that_publishes_nothing_is_named() {
        let topology = Topology::new(BTreeSet::from(["shop.pricing"]), &PeerSettings::default());
        let mut feed = topology.log_here("shop.pricing").follow("shop.pricing.x", Position(0), 1);
        assert!(feed.next().await.unwrap_err().is(&NO_PEER));
    }
}
