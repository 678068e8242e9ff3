//! The listener: takes connections, speaks HTTP/1.1 or HTTP/2 on each, and drains when the process ends.

mod connection;
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
use crate::listener::connection::Protocols;
use crate::listener::stream::Stream;
use crate::metrics::Metrics;

/// When the system has no more file descriptors, accepting fails at once and would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An address that is listened on; connections wait until [`Bound::serve`].
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    parts: Parts,
    stack: Arc<Stack>,
    metrics: Metrics,
}

/// How the drain ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because they were not done in time.
    pub cut: usize,
}

impl Bound {
    pub(crate) async fn new(parts: Parts, stack: Arc<Stack>, metrics: Metrics) -> Result<Self> {
        let listen = parts.options.listen;
        let refused =
            |error| NOT_LISTENING.because(format!("http.listen: {listen} cannot be listened on"), error);
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address, parts, stack, metrics })
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
        let protocols = Arc::new(Protocols::new(&self.parts.options));
        let (graceful, cut) = (Shutdown::new(), Shutdown::new());

        let lead = async {
            shutdown.requested().await;
            self.parts.health.set_draining();
            self.parts.clock.sleep(self.parts.options.drain_lead()).await;
        };
        let accept = async {
            loop {
                // Never closed, so this only waits.
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let Some((stream, address)) = self.accept().await else { continue };
                let stream = Stream::new(stream, &self.parts.clock, self.parts.options.write_timeout());
                let (stack, address) = (Arc::clone(&self.stack), address.ip());
                let serving = protocols.serve(stream, address, stack, graceful.clone(), cut.clone());
                let open = self.metrics.connections.clone();
                open.inc();
                self.parts.tasks.spawn("http.connection", async move {
                    serving.await;
                    open.dec();
                    drop(place);
                });
            }
        };
        tokio::select! {
            () = lead => {}
            () = accept => {}
        }

        drop(self.listener);
        graceful.request();
        // All places are free when all connections have ended.
        let ended = places.acquire_many(connections);
        let ended_in_time = self.parts.clock.timeout(self.parts.options.drain_timeout(), ended).await.is_ok();
        let left =
            if ended_in_time { 0 } else { self.parts.options.connections_max - places.available_permits() };
        cut.request();
        if left > 0 {
            tracing::warn!(connections = left, "the drain ended with connections that were not done");
        }
        Drained { cut: left }
    }

    async fn accept(&self) -> Option<(TcpStream, SocketAddr)> {
        match self.listener.accept().await {
            Ok((stream, address)) => {
                // Answers are written whole, so waiting for more to send only adds latency. Refused by the system
                // for a connection that is gone already; reading from it will tell.
                let _ = stream.set_nodelay(true);
                Some((stream, address))
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
