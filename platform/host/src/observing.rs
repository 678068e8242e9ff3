//! What a process does to be seen: the store of what it tells, the port for what others tell, the watch of its workers,
//! and the operators' routes to all of it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use mainstay_core::Result;
use mainstay_observe::receive::Receiver;
use mainstay_observe::store::{Bounds, Writer};
use mainstay_observe::{Process as Seen, Store, api};
use mainstay_profile::Watch;
use mainstay_sql::Database;
use mainstay_telemetry::Guard;

use crate::background::Background;
use crate::process::Process;

/// The store's name among the databases of a process.
const NAME: &str = "mainstay.observe";

/// A worker that is held longer is told: a tenth of a second is what a person begins to feel, and no handler computes
/// that long on purpose.
const HELD_MAX: Duration = Duration::from_millis(100);

pub(crate) struct Observing {
    routes: Router,
    kept: Option<Kept>,
    receiver: Option<Receiver>,
    _watch: Option<Watch>,
}

/// What is kept, where something is.
struct Kept {
    database: Database,
    writer: Writer,
}

impl Observing {
    pub(crate) async fn start(process: &Process, guard: &Guard, background: &[Background]) -> Result<Self> {
        mainstay_profile::register(&process.registry);
        let watch = Watch::start(HELD_MAX, &process.clock, &process.tasks, &process.registry);
        let watch = watch.inspect_err(|error| tracing::warn!(%error, "workers are not watched")).ok();
        let databases = background.iter().filter_map(|work| work.database().cloned()).collect();
        let seen = Seen {
            clock: process.clock.clone(),
            tasks: process.tasks.clone(),
            cpu: process.cpu.clone(),
            blocking: process.blocking.clone(),
            heap: process.engines.known_heap().cloned(),
            holds: watch.as_ref().map(Watch::holds).unwrap_or_default(),
            databases,
        };
        let mut routes = api::process_routes(seen);
        let (mut kept, mut receiver) = (None, None);
        if process.settings.telemetry.store {
            // A store that cannot be opened must not keep a shop closed.
            match open(process).await {
                Ok((store, database)) => {
                    let options = &process.settings.telemetry;
                    let bounds = Bounds {
                        age: Duration::from_secs(options.store_hours.saturating_mul(3_600)),
                        bytes: options.store_mb.saturating_mul(1_000_000),
                    };
                    store.register(&process.registry);
                    let writer = store.start(bounds, guard.for_store(), &process.registry, "mainstay")?;
                    routes = routes.merge(api::routes(&store));
                    if !options.receive.is_empty() {
                        receiver = Some(Receiver::start(&store, &options.receive, &process.tasks).await?);
                    }
                    kept = Some(Kept { database, writer });
                }
                Err(error) => {
                    tracing::error!(error = error.chain(), "nothing is kept: the store cannot be opened")
                }
            }
        }
        Ok(Self { routes, kept, receiver, _watch: watch })
    }

    /// What operators call.
    pub(crate) fn routes(&self) -> Router {
        self.routes.clone()
    }

    pub(crate) fn receive_addr(&self) -> Option<SocketAddr> {
        self.receiver.as_ref().map(Receiver::address)
    }

    /// Takes nothing more in from other processes.
    pub(crate) fn stop_receiving(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            receiver.end();
        }
    }

    /// Writes what waits, and closes the store.
    pub(crate) async fn end(self) {
        if let Some(kept) = self.kept {
            kept.writer.end().await;
            kept.database.close().await;
        }
    }
}

/// The store lies in the data folder of the process, whatever engine its services use: it is no part of their data.
async fn open(process: &Process) -> Result<(Store, Database)> {
    let url = format!("sqlite:{}", process.settings.process.data.display());
    let database = process.engines.open_database(&url, NAME, &process.clock, &process.sql_metrics)?;
    let store = Store::open(database.clone()).await?;
    Ok((store, database))
}
