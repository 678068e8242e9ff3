//! The transport from other processes: HTTP/2 on one address for all services of this process.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use mainstay_core::{Result, Shutdown, codes};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::body::Body;

use crate::codes::{CANNOT_LISTEN, NOT_CONNECTED};
use crate::layer::limit::CALLS_MAX;
use crate::mount::{Mount, refusal};
use crate::network::Network;
use crate::reflection;
use crate::transport::{
    CALLEE, CONNECTION_WINDOW_BYTES, HEADER_BYTES_MAX, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT,
    STREAM_WINDOW_BYTES, TaskExecutor,
};

/// Each peer process holds one connection, so this is room for a large system and for probes; further ones wait to be
/// accepted.
const CONNECTIONS_MAX: u32 = 1_024;

/// After a failure to accept, such as too many open files, so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listener that runs. Dropping it leaves it running until its shutdown.
pub struct Listening {
    address: SocketAddr,
    network: Network,
    shutdown: Shutdown,
    places: Arc<Semaphore>,
}

impl Listening {
    pub(crate) async fn start(network: Network, address: &str, shutdown: &Shutdown) -> Result<Self> {
        let unusable = |error: std::io::Error| {
            CANNOT_LISTEN.because(format!("{address} cannot be bound: {error}"), error)
        };
        let listener = TcpListener::bind(address).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let outside = Arc::new(reflection::mount(&network)?);
        let shutdown = shutdown.child();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
        let server = Server { network: network.clone(), outside };
        let accepting = accept(listener, server, Arc::clone(&places), shutdown.clone());
        network.tasks().spawn("rpc.listener", accepting);
        Ok(Self { address, network, shutdown, places })
    }

    /// Where it listens, with the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says to health checks that nothing serves, takes no new connection and no new call, and waits until those under
    /// way have ended, at most `limit`; whether they have.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.network.health().close().await;
        self.shutdown.request();
        self.network.clock().timeout(limit, self.places.acquire_many(CONNECTIONS_MAX)).await.is_ok()
    }
}

#[derive(Clone)]
struct Server {
    network: Network,
    // Health and reflection, for whoever asks.
    outside: Arc<Mount>,
}

impl Server {
    async fn serve(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let request = request.map(Body::new);
        Ok(match self.find(&request) {
            Ok(mount) => mount.serve(request).await,
            Err(error) => refusal(&error),
        })
    }

    /// By the callee's name; else, for callers that know nothing of names, by the contract when one service has it.
    fn find(&self, request: &Request<Body>) -> Result<Arc<Mount>> {
        let here = self.network.mounts();
        if let Some(callee) = request.headers().get(CALLEE) {
            let mount = callee.to_str().ok().and_then(|callee| here.get(callee));
            return mount.cloned().ok_or_else(|| NOT_CONNECTED.error("the service does not run here"));
        }
        let contract = request.uri().path().split('/').nth(1).unwrap_or_default();
        let has_it = |mount: &&Arc<Mount>| mount.contracts().iter().any(|(name, _)| *name == contract);
        if has_it(&&self.outside) {
            return Ok(Arc::clone(&self.outside));
        }
        let mut having = here.values().filter(has_it);
        match (having.next(), having.next()) {
            (Some(mount), None) => Ok(Arc::clone(mount)),
            (None, _) => Err(codes::UNIMPLEMENTED.error("no service here has that contract")),
            (Some(_), Some(_)) => Err(codes::INVALID
                .error("several services here have that contract: name one in mainstay-service")),
        }
    }
}

async fn accept(listener: TcpListener, server: Server, places: Arc<Semaphore>, shutdown: Shutdown) {
    let tasks = server.network.tasks().clone();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.requested() => return,
            accepted = next(&listener, &places) => accepted,
        };
        match accepted {
            Ok(Some((stream, place))) => {
                tasks.spawn("rpc.connection", connection(stream, server.clone(), place, shutdown.clone()));
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(error.chain = %error, "a connection could not be accepted");
                server.network.clock().sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<Option<(TcpStream, OwnedSemaphorePermit)>> {
    let Ok(place) = Arc::clone(places).acquire_owned().await else { return Ok(None) };
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok(Some((stream, place)))
}

async fn connection(stream: TcpStream, server: Server, _place: OwnedSemaphorePermit, shutdown: Shutdown) {
    let tasks = server.network.tasks().clone();
    let service = service_fn(move |request| server.clone().serve(request));
    let connection = Builder::new(TaskExecutor::new(&tasks, "rpc.call"))
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(u32::try_from(CALLS_MAX).unwrap_or(u32::MAX))
        .max_header_list_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = shutdown.requested() => {
            // Tells the peer to take new calls elsewhere, and answers those that came.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(error.chain = %error, "a peer's connection ended");
    }
}
