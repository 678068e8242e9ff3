//! Who a visitor of the shop is: the auth service knows, wherever it runs, and every edge asks it.

use std::sync::Arc;

use mainstay_host::{Host, NoSessions};
use shop_auth::PeerSessions;
use shop_auth_contracts::{AuthClient, SERVICE};

/// Puts the shop's sessions at the edge of a process. One that knows of no auth service has anonymous visitors only,
/// such as one that takes a provider's webhooks.
pub fn at_the_edge(host: Host) -> Host {
    host.sessions(|edge| {
        if !edge.knows(SERVICE) {
            tracing::info!("{SERVICE} runs neither here nor at a known address: nobody can log in here");
            return Ok(Arc::new(NoSessions));
        }
        let auth = edge.peer(SERVICE, AuthClient::new)?;
        Ok(Arc::new(PeerSessions::new(auth, edge.remembered(), edge.clock().clone())))
    })
}
