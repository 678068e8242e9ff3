//! What the services of one process share: the clock, tasks, threads, keys, engines, and where their peers are.

use std::sync::Arc;

use mainstay_blobs::Blobs;
use mainstay_cache::CacheStore;
use mainstay_core::{BlockingPool, Clock, CpuPool, Result, Shutdown, Tasks};
use mainstay_events::Outbox;
use mainstay_identity::{Remembered, TokenKeys};
use mainstay_notify::Notifier;
use mainstay_rpc::{Channel, Network, RpcService, event_log};
use mainstay_secrets::RootKey;
use mainstay_telemetry::Registry;
use parking_lot::Mutex;

use crate::codes::{NOT_STARTED, NOTHING_HERE};
use crate::engines::Engines;
use crate::folder;
use crate::replay::ReplayClock;
use crate::settings::Settings;
use crate::topology::Topology;

/// One process, before and while it serves.
pub(crate) struct Process {
    pub(crate) settings: Settings,
    pub(crate) engines: Engines,
    pub(crate) clock: Clock,
    pub(crate) tasks: Tasks,
    pub(crate) cpu: CpuPool,
    pub(crate) blocking: BlockingPool,
    pub(crate) registry: Registry,
    pub(crate) sql_metrics: mainstay_sql::Metrics,
    pub(crate) events_metrics: mainstay_events::Metrics,
    /// Which consumers here read which log.
    pub(crate) readers: mainstay_events::Readers,
    pub(crate) jobs_metrics: mainstay_jobs::Metrics,
    pub(crate) root: RootKey,
    /// Whom credentials stand for, as the edge was told lately.
    pub(crate) remembered: Remembered,
    pub(crate) cache: Arc<dyn CacheStore>,
    blobs: Mutex<Option<Arc<dyn Blobs>>>,
    pub(crate) notifier: Arc<dyn Notifier>,
    pub(crate) topology: Topology,
    pub(crate) network: Network,
    /// Ends the streams of events to other processes.
    pub(crate) streams: Shutdown,
    /// Only in a process that was started to replay.
    pub(crate) replay: Option<ReplayClock>,
    /// The process begins to end: what goes on for hours ends first.
    pub(crate) draining: Shutdown,
}

/// What becomes of databases and keys that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// They are made: a start, a migration.
    Make,
    /// They are refused: looking at a folder must not change it.
    Refuse,
}

impl Process {
    /// Makes what is shared: the root key's file and the folder for mail among it.
    pub(crate) fn new(
        settings: Settings,
        engines: Engines,
        clock: Clock,
        topology: Topology,
        missing: Missing,
        replay: Option<ReplayClock>,
    ) -> Result<Arc<Self>> {
        let tasks = Tasks::new();
        let registry = Registry::new();
        let threads = cpu_threads(settings.process.cpu_threads);
        let cpu = CpuPool::new(threads, settings.process.cpu_queue)
            .map_err(|error| NOT_STARTED.because("the threads for computing cannot be started", error))?;
        let blocking = BlockingPool::new(settings.process.blocking_threads, settings.process.blocking_queue)
            .map_err(|error| {
                NOT_STARTED.because("the threads for calls that block cannot be started", error)
            })?;
        mainstay_telemetry::process::register(&registry, &tasks, &cpu, &blocking, engines.known_heap());
        // The first start makes the root key, so without it nobody has worked here.
        if missing == Missing::Refuse && !settings.root_key().exists() {
            return Err(NOTHING_HERE.error(format!(
                "nothing has run in the folder {} yet; start the system once, or name its folder with --data",
                settings.process.data.display()
            )));
        }
        if missing == Missing::Make {
            folder::prepare(&settings.process.data)?;
        }
        let root = RootKey::open_or_create(&settings.root_key(), clock.now())?;
        let network = Network::new(clock.clone(), tasks.clone(), TokenKeys::new(&root), registry.clone());
        for (name, address) in topology.elsewhere() {
            network.locate(name, address)?;
        }
        Ok(Arc::new(Self {
            sql_metrics: mainstay_sql::Metrics::register(&registry),
            events_metrics: mainstay_events::Metrics::register(&registry),
            readers: mainstay_events::Readers::default(),
            jobs_metrics: mainstay_jobs::Metrics::register(&registry),
            cache: engines.open_cache(&settings.cache.url, &clock)?,
            blobs: Mutex::default(),
            notifier: engines.open_notifier(
                &settings.notify.url,
                settings.notify.address()?,
                &clock,
                &blocking,
            )?,
            remembered: Remembered::new(clock.clone()),
            streams: Shutdown::new(),
            draining: Shutdown::new(),
            settings,
            engines,
            clock,
            tasks,
            cpu,
            blocking,
            registry,
            root,
            topology,
            network,
            replay,
        }))
    }

    /// The place for objects, opened for the first service that keeps some.
    pub(crate) fn blobs(&self) -> Result<Arc<dyn Blobs>> {
        let mut opened = self.blobs.lock();
        if let Some(blobs) = &*opened {
            return Ok(Arc::clone(blobs));
        }
        let blobs = self.engines.open_blobs(&self.settings.blobs.url, &self.clock, &self.blocking)?;
        *opened = Some(Arc::clone(&blobs));
        Ok(blobs)
    }

    /// Puts a service where its peers find it, with its events beside its own contracts.
    pub(crate) async fn mount(
        &self,
        name: &'static str,
        mut contracts: Vec<RpcService>,
        outbox: Option<Outbox>,
    ) -> Result<()> {
        if let Some(outbox) = outbox {
            contracts.push(event_log(Arc::new(outbox.clone()), self.streams.clone()));
            self.topology.publish(name, outbox);
        }
        self.network.mount(name, contracts).await
    }

    /// The way from `caller` to `callee`, wherever that runs; `host.no_peer` when nobody knows where.
    pub(crate) fn channel(&self, caller: &str, callee: &str) -> Result<Channel> {
        self.topology.place(caller, callee)?;
        self.network.channel(caller, callee)
    }
}

// Half of the cores: the other half answers requests meanwhile.
fn cpu_threads(wanted: usize) -> usize {
    if wanted > 0 {
        return wanted;
    }
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
}
