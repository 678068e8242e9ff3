//! Opens a connection once for all who wait for it, and remembers for a moment when that failed.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioIo, TokioTimer};
use mainstay_core::{Clock, Error, Monotonic, Result, Tasks, codes};
use parking_lot::Mutex;
use tokio::net::TcpStream;
use tonic::body::Body;

use super::chain;
use crate::transport::{
    CONNECTION_WINDOW_BYTES, HEADER_BYTES_MAX, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, STREAM_WINDOW_BYTES,
    TaskExecutor,
};

/// A machine that does not answer by then is not there; on a local network it takes a millisecond.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// How long a peer counts as down after the first failed attempt, doubled by each further one up to the last: short
/// enough to notice a restart at once, long enough not to hammer a machine that comes up.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

type Sender = SendRequest<Body>;
type Opening = Shared<BoxFuture<'static, Result<Sender, Arc<str>>>>;

pub(super) struct Connector {
    name: String,
    authority: String,
    clock: Clock,
    tasks: Tasks,
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    // Attempts that failed since the last good one.
    failures: u32,
}

enum Connection {
    None,
    Opening(Opening),
    Open(Sender),
    Down { until: Monotonic, cause: Arc<str> },
}

impl Connector {
    pub(super) fn new(name: &str, authority: &str, clock: &Clock, tasks: &Tasks) -> Self {
        Self {
            name: name.to_owned(),
            authority: authority.to_owned(),
            clock: clock.clone(),
            tasks: tasks.clone(),
            state: Mutex::new(State { connection: Connection::None, failures: 0 }),
        }
    }

    /// A handle to the open connection, after opening it if need be; `core.unavailable` when that fails.
    pub(super) async fn sender(self: &Arc<Self>) -> Result<Sender> {
        let opening = {
            let mut state = self.state.lock();
            match &state.connection {
                Connection::Open(sender) if !sender.is_closed() => return Ok(sender.clone()),
                Connection::Down { until, cause } if self.clock.monotonic() < *until => {
                    return Err(self.unreachable(cause));
                }
                Connection::Opening(opening) => opening.clone(),
                Connection::None | Connection::Open(_) | Connection::Down { .. } => {
                    let opening = self.start_opening();
                    state.connection = Connection::Opening(opening.clone());
                    opening
                }
            }
        };
        opening.await.map_err(|cause| self.unreachable(&cause))
    }

    /// Lets go of the connection, which ends when the calls on it have; opens none again.
    pub(super) fn close(&self) {
        let cause = Arc::from("the process ends");
        let until = self.clock.monotonic() + Duration::MAX;
        self.state.lock().connection = Connection::Down { until, cause };
    }

    /// The attempt is a task of its own: it goes on when the call that began it is dropped.
    fn start_opening(self: &Arc<Self>) -> Opening {
        let connector = Arc::clone(self);
        let attempt = self.tasks.spawn("rpc.connect", async move { connector.open().await });
        let outcome = async move { attempt.join().await.unwrap_or_else(|| Err("the process ends".into())) };
        outcome.boxed().shared()
    }

    async fn open(&self) -> Result<Sender, Arc<str>> {
        let outcome = match self.clock.timeout(CONNECT_LIMIT, self.connect()).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("{}: no answer within {CONNECT_LIMIT:?}", self.authority).into()),
        };
        let mut state = self.state.lock();
        match &outcome {
            Ok(sender) => {
                if state.failures > 0 {
                    tracing::info!(peer.service = self.name, "a peer is reachable again");
                }
                state.failures = 0;
                state.connection = Connection::Open(sender.clone());
            }
            Err(cause) => {
                if state.failures == 0 {
                    tracing::warn!(
                        peer.service = self.name,
                        error.chain = &**cause,
                        "a peer cannot be reached"
                    );
                }
                let pause = FIRST_PAUSE.saturating_mul(1 << state.failures.min(10)).min(LONGEST_PAUSE);
                state.failures = state.failures.saturating_add(1);
                let until = self.clock.monotonic() + pause;
                state.connection = Connection::Down { until, cause: Arc::clone(cause) };
            }
        }
        outcome
    }

    async fn connect(&self) -> Result<Sender, Arc<str>> {
        let failed =
            |error: &dyn std::error::Error| Arc::from(format!("{}: {}", self.authority, chain(error)));
        let stream = TcpStream::connect(&self.authority).await.map_err(|error| failed(&error))?;
        // Calls are small and each waits for its answer: nothing is gained by holding bytes back.
        stream.set_nodelay(true).map_err(|error| failed(&error))?;
        let (sender, connection) = Builder::new(TaskExecutor::new(&self.tasks, "rpc.connection"))
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_header_list_size(HEADER_BYTES_MAX)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failed(&error))?;
        let name = self.name.clone();
        self.tasks.spawn("rpc.connection", async move {
            if let Err(error) = connection.await {
                tracing::debug!(peer.service = name, error.chain = chain(&error), "a connection ended");
            }
        });
        Ok(sender)
    }

    fn unreachable(&self, cause: &Arc<str>) -> Error {
        codes::UNAVAILABLE.because(format!("{} cannot be reached", self.name), &**cause)
    }
}
