//! A process that serves, and how it ends.

use std::net::SocketAddr;
use std::sync::Arc;

use mainstay_core::lifecycle::TaskHandle;
use mainstay_core::{Result, Shutdown};
use mainstay_http::{Bound, Drained, Health};
use mainstay_rpc::{Channel, Listening, Peer};
use mainstay_sql::Database;
use mainstay_telemetry::Registry;

use crate::background::Background;
use crate::codes::NOT_DRAINED;
use crate::drain::Deadline;
use crate::folder::FolderMarks;
use crate::last_drain;
use crate::observing::Observing;
use crate::process::Process;
use crate::root_key::follow_root_key;
use crate::settings::Settings;

/// A process that serves. Dropping it leaves it serving; [`Running::wait`] sees it to its end.
pub struct Running {
    process: Arc<Process>,
    background: Vec<Background>,
    health: Health,
    http_addr: SocketAddr,
    http: TaskHandle<Drained>,
    /// Ends the HTTP listener; the rest follows by hand, in order.
    http_shutdown: Shutdown,
    admin_addr: SocketAddr,
    admin: TaskHandle<Drained>,
    admin_shutdown: Shutdown,
    rpc: Option<Listening>,
    shutdown: Shutdown,
    _marks: FolderMarks,
    telemetry: Option<mainstay_telemetry::Guard>,
    observing: Option<Observing>,
}

/// What [`Host::start`](crate::Host::start) hands over.
pub(crate) struct RunningParts {
    pub(crate) process: Arc<Process>,
    pub(crate) background: Vec<Background>,
    pub(crate) health: Health,
    pub(crate) http: Bound,
    pub(crate) admin: Bound,
    pub(crate) rpc: Option<Listening>,
    pub(crate) shutdown: Shutdown,
    pub(crate) marks: FolderMarks,
    pub(crate) telemetry: Option<mainstay_telemetry::Guard>,
    pub(crate) observing: Option<Observing>,
}

impl Running {
    pub(crate) fn new(parts: RunningParts) -> Self {
        let RunningParts {
            process,
            background,
            health,
            http,
            admin,
            rpc,
            shutdown,
            marks,
            telemetry,
            observing,
        } = parts;
        let http_addr = http.address();
        let http_shutdown = Shutdown::new();
        let http = process.tasks.spawn("http.listener", http.serve(http_shutdown.clone()));
        let (admin_addr, admin_shutdown) = (admin.address(), Shutdown::new());
        let admin = process.tasks.spawn("http.operators", admin.serve(admin_shutdown.clone()));
        let following = follow_root_key(process.root.clone(), process.clock.clone(), admin_shutdown.clone());
        process.tasks.spawn("host.root_key", following);
        Self {
            process,
            background,
            health,
            http_addr,
            http,
            http_shutdown,
            admin_addr,
            admin,
            admin_shutdown,
            rpc,
            shutdown,
            _marks: marks,
            telemetry,
            observing,
        }
    }

    /// Where people's requests come in.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Where operators' requests come in.
    pub fn admin_addr(&self) -> SocketAddr {
        self.admin_addr
    }

    /// Where peers in other processes call, when they may.
    pub fn rpc_addr(&self) -> Option<SocketAddr> {
        self.rpc.as_ref().map(Listening::address)
    }

    /// Requesting it begins the drain that [`Running::wait`] carries out.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    pub fn settings(&self) -> &Settings {
        &self.process.settings
    }

    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Where other processes send what they tell, when they may.
    pub fn receive_addr(&self) -> Option<SocketAddr> {
        self.observing.as_ref().and_then(Observing::receive_addr)
    }

    /// The process's metrics.
    pub fn registry(&self) -> &Registry {
        &self.process.registry
    }

    /// The database of a service that is mounted here: for tests and their invariants.
    pub fn database(&self, service: &str) -> Option<&Database> {
        self.background.iter().find(|work| work.name() == service).and_then(Background::database)
    }

    /// A client of a service, called as `caller`: for set-up, tests and tools. The caller's name is what the callee
    /// sees as its principal.
    pub fn peer<C: Clone>(
        &self,
        caller: &'static str,
        service: &'static str,
        client: impl FnOnce(Channel) -> C,
    ) -> Result<Peer<C>> {
        Ok(Peer::new(self.process.channel(caller, service)?, client))
    }

    /// Serves until the shutdown is requested, then drains and returns. `host.not_drained` names what did not end
    /// within the limit; nothing that was acknowledged is lost by it.
    pub async fn wait(self) -> Result<()> {
        self.shutdown.requested().await;
        self.drain().await
    }

    /// Stop taking, finish or hand over, sync, exit. Background work goes on while requests that wait for it are
    /// finished; peers may call until nobody here has anything left to ask or to answer.
    async fn drain(mut self) -> Result<()> {
        let process = Arc::clone(&self.process);
        let limit = process.settings.process.drain();
        let deadline = Deadline::in_(limit, &process.clock);
        tracing::info!(limit_ms = limit.as_millis(), "drains");

        // Not ready first, so that nothing new is sent here; then the listener closes and requests finish.
        self.health.set_draining();
        process.draining.request();
        self.http_shutdown.request();
        let http = self.http;
        deadline
            .stage("http", 50, async {
                // The listener logs what it had to cut.
                let _ = http.join().await;
            })
            .await;

        // Sagas, consumers and jobs put down what they hold; only then is the lease released.
        let working = self.background.iter_mut().map(Background::stop_working);
        deadline.stage("background", 60, async { drop(futures::future::join_all(working).await) }).await;
        process.streams.request();
        if let Some(rpc) = self.rpc
            && !rpc.drain(deadline.share(50)).await
        {
            tracing::warn!(stage = "rpc", "did not end within its share of the drain");
        }
        for work in &self.background {
            work.stop_leading();
        }
        // Nobody here has anything left to ask.
        process.network.disconnect();

        // Operators may watch until here, and the root key's file is followed.
        self.admin_shutdown.request();
        let admin = self.admin;
        deadline
            .stage("operators", 60, async {
                let _ = admin.join().await;
            })
            .await;

        if let Some(observing) = &mut self.observing {
            observing.stop_receiving();
        }
        let stuck = process.tasks.drain(&process.clock, deadline.share(80)).await;
        // Whatever is still queued is committed and synced before the files are closed.
        let closing = self.background.iter().map(Background::close);
        let closed =
            deadline.stage("databases", 100, async { drop(futures::future::join_all(closing).await) }).await;
        tracing::info!(left_ms = deadline.left().as_millis(), "drained");
        // What was said last is still carried away and kept.
        drop(self.telemetry.take());
        if let Some(observing) = self.observing.take() {
            deadline.stage("telemetry", 100, observing.end()).await;
        }

        let what = if stuck.is_empty() { "a database".to_owned() } else { stuck.join(", ") };
        let clean = stuck.is_empty() && closed;
        let took = limit.saturating_sub(deadline.left());
        let left = (!clean).then_some(what.as_str());
        last_drain::write(&process.settings.process.data, &process.clock, took, left);
        if clean {
            return Ok(());
        }
        Err(NOT_DRAINED.error(format!("{what} did not end within {} s", limit.as_secs())))
    }
}
