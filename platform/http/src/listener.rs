//! The listener: takes connections, speaks HTTP/1.1 or HTTP/2 on each, and drains when the process ends.

mod activity;
mod connection;
mod place;
mod refusals;
mod stream;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Result, Shutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::app::Parts;
use crate::codes::NOT_LISTENING;
use crate::layers::Stack;
use crate::listener::connection::{Ending, Protocols};
use crate::listener::place::Place;
use crate::metrics::Metrics;
use crate::tls::Tls;

/// When the system has no more file descriptors, accepting fails at once and would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An address that is listened on; connections wait until [`Bound::serve`].
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    parts: Parts,
    stack: Arc<Stack>,
    metrics: Metrics,
    tls: Option<Arc<Tls>>,
}

/// How the drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because they were not done in time.
    pub cut: usize,
}

impl Bound {
    pub(crate) async fn new(parts: Parts, stack: Arc<Stack>, metrics: Metrics) -> Result<Self> {
        let tls = Tls::open(&parts.options.tls)?;
        let listen = parts.options.listen;
        let refused =
            |error| NOT_LISTENING.because(format!("http.listen: {listen} cannot be listened on"), error);
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address, parts, stack, metrics, tls })
    }

    /// The address with the port that was given out.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`, then drains: not ready at once, the listener closed after the lead, idle connections
    /// ended, requests in flight finished, and what is not done in time cut.
    pub async fn serve(self, shutdown: Shutdown) -> Drained {
        let connections = u32::try_from(self.parts.options.connections_max).unwrap_or(u32::MAX);
        let places = Arc::new(Semaphore::new(self.parts.options.connections_max.min(Semaphore::MAX_PERMITS)));
        let ending = Ending { graceful: Shutdown::new(), cut: Shutdown::new() };
        if let Some(tls) = self.tls.clone() {
            let watching = tls.watch(self.parts.clock.clone(), self.metrics.clone(), ending.graceful.clone());
            self.parts.tasks.spawn("http.certificates", watching);
        }
        let protocols =
            Protocols::new(&self.parts, self.tls.clone(), self.metrics.clone(), Arc::clone(&self.stack));
        let protocols = Arc::new(protocols);

        let lead = async {
            shutdown.requested().await;
            self.parts.health.set_draining();
            self.parts.clock.sleep(self.parts.options.drain_lead()).await;
        };
        let accept = async {
            loop {
                // Never closed, so this only waits.
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let Some((stream, peer)) = self.accept().await else { continue };
                let place = Place::new(place, self.metrics.connections.clone());
                let serving = Arc::clone(&protocols).serve(stream, peer.ip(), place, ending.clone());
                self.parts.tasks.spawn("http.connection", serving);
            }
        };
        tokio::select! {
            () = lead => {}
            () = accept => {}
        }

        drop(self.listener);
        ending.graceful.request();
        // All places are free when all connections have ended.
        let ended = places.acquire_many(connections);
        let ended_in_time = self.parts.clock.timeout(self.parts.options.drain_timeout(), ended).await.is_ok();
        let left =
            if ended_in_time { 0 } else { self.parts.options.connections_max - places.available_permits() };
        ending.cut.request();
        if left > 0 {
            tracing::warn!(connections = left, "the drain ended with connections that were not done");
        }
        Drained { cut: left }
    }

    async fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        match self.listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole, so waiting for more to send only adds latency. Refused by the system
                // for a connection that is gone already; reading from it will tell.
                let _ = stream.set_nodelay(true);
                Some((stream, peer))
            }
            Err(error) => {
                self.metrics.accept_failures.inc();
                tracing::warn!(%error, "a connection was not accepted");
                self.parts.clock.sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }
}
