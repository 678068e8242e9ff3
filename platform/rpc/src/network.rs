//! Which service is where: in this process, or at an address.
//!
//! A callee is looked up at each call and not before, so services may start in any order, and readiness depends on
//! nobody else. One that runs in the process is called there, even when an address is known too.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use mainstay_core::{Clock, Result, Shutdown, Tasks};
use mainstay_identity::TokenKeys;
use mainstay_telemetry::Registry;
use parking_lot::Mutex;

use crate::channel::Channel;
use crate::codes::{MOUNTED_TWICE, NOT_CONNECTED};
use crate::health::Health;
use crate::layer::metrics::CallerFigures;
use crate::listener::Listening;
use crate::mount::{Mount, RpcService};
use crate::peer::Peer;
use crate::remote::Remote;

/// The services of a process and the addresses of others. Cheap to clone; one for each process.
#[derive(Clone)]
pub struct Network(Arc<Parts>);

struct Parts {
    here: ArcSwap<HashMap<String, Arc<Mount>>>,
    elsewhere: ArcSwap<HashMap<String, Arc<Remote>>>,
    // Held while a map is replaced, so that two changes do not lose one.
    changing: Mutex<()>,
    health: Health,
    clock: Clock,
    tasks: Tasks,
    keys: TokenKeys,
    registry: Registry,
}

/// Where a call goes.
pub(crate) enum Route {
    Here(Arc<Mount>),
    Elsewhere(Arc<Remote>),
}

impl Network {
    pub fn new(clock: Clock, tasks: Tasks, keys: TokenKeys, registry: Registry) -> Self {
        Self(Arc::new(Parts {
            here: ArcSwap::default(),
            elsewhere: ArcSwap::default(),
            changing: Mutex::new(()),
            health: Health::new(),
            clock,
            tasks,
            keys,
            registry,
        }))
    }

    /// Puts a service of this process where its peers find it.
    ///
    /// # Errors
    /// `rpc.mounted_twice`, `rpc.bad_descriptors`, `identity.bad_service_name`.
    pub async fn mount(&self, name: &str, services: Vec<RpcService>) -> Result<()> {
        let verifier = self.0.keys.verifier(name, &self.0.clock)?;
        let mount = Mount::new(name, services, Some(verifier), &self.0.clock, &self.0.registry)?;
        let contracts: Vec<&'static str> = mount.contracts().iter().map(|(contract, _)| *contract).collect();
        {
            let _changing = self.0.changing.lock();
            let mut here = HashMap::clone(&self.0.here.load());
            if here.insert(name.to_owned(), Arc::new(mount)).is_some() {
                return Err(MOUNTED_TWICE.error(format!("{name} is mounted already")));
            }
            self.0.here.store(Arc::new(here));
        }
        self.0.health.add(name, contracts).await;
        Ok(())
    }

    /// Takes a service of this process away; calls under way go on.
    pub async fn withdraw(&self, name: &str) {
        {
            let _changing = self.0.changing.lock();
            let mut here = HashMap::clone(&self.0.here.load());
            here.remove(name);
            self.0.here.store(Arc::new(here));
        }
        self.0.health.set(name, false).await;
    }

    /// Says where a service of another process listens, as `http://host:port`. Connects at the first call.
    ///
    /// # Errors
    /// `rpc.bad_address`.
    pub fn locate(&self, name: &str, address: &str) -> Result<()> {
        let remote = Remote::new(name, address, &self.0.clock, &self.0.tasks)?;
        let _changing = self.0.changing.lock();
        let mut elsewhere = HashMap::clone(&self.0.elsewhere.load());
        elsewhere.insert(name.to_owned(), Arc::new(remote));
        self.0.elsewhere.store(Arc::new(elsewhere));
        Ok(())
    }

    /// The way from `caller` to `callee`, which need not be there yet.
    ///
    /// # Errors
    /// `identity.bad_service_name`.
    pub fn channel(&self, caller: &str, callee: &str) -> Result<Channel> {
        let minter = self.0.keys.minter(caller, callee, &self.0.clock)?;
        let figures = CallerFigures::new(self.0.registry.scoped(caller), callee);
        Ok(Channel::new(callee, self.clone(), minter, self.0.clock.clone(), figures))
    }

    /// Whether a service can be reached: one of this process always can, one elsewhere is connected to.
    ///
    /// # Errors
    /// `rpc.not_connected` when nobody knows where it is, `core.unavailable` when nobody answers there.
    pub async fn probe(&self, name: &str) -> Result<()> {
        match self.route(name)? {
            Route::Here(_) => Ok(()),
            Route::Elsewhere(remote) => remote.reach().await,
        }
    }

    /// Ends the connections to other processes, once the calls on them have ended: part of a drain. Services elsewhere
    /// cannot be called any more.
    pub fn disconnect(&self) {
        for remote in self.0.elsewhere.load().values() {
            remote.close();
        }
    }

    /// A typed handle to `callee`; `new` is the generated client's constructor, such as `PaymentsClient::new`.
    ///
    /// # Errors
    /// `identity.bad_service_name`.
    pub fn peer<C: Clone>(
        &self,
        caller: &str,
        callee: &str,
        new: impl FnOnce(Channel) -> C,
    ) -> Result<Peer<C>> {
        Ok(Peer::new(self.channel(caller, callee)?, new))
    }

    /// Serves what is mounted, health and reflection over HTTP/2 at `address`, such as `127.0.0.1:0`, until `shutdown`.
    /// What is mounted later is served too, but reflection does not tell of it.
    ///
    /// # Errors
    /// `rpc.cannot_listen`.
    pub async fn listen(&self, address: &str, shutdown: &Shutdown) -> Result<Listening> {
        Listening::start(self.clone(), address, shutdown).await
    }

    /// Whether health checks of a service say that it serves. Calls are taken either way.
    pub async fn set_ready(&self, name: &str, is_ready: bool) {
        self.0.health.set(name, is_ready).await;
    }

    pub(crate) fn route(&self, callee: &str) -> Result<Route> {
        if let Some(mount) = self.0.here.load().get(callee) {
            return Ok(Route::Here(Arc::clone(mount)));
        }
        if let Some(remote) = self.0.elsewhere.load().get(callee) {
            return Ok(Route::Elsewhere(Arc::clone(remote)));
        }
        Err(NOT_CONNECTED.error(format!("{callee} runs neither in this process nor at a known address")))
    }

    pub(crate) fn mounts(&self) -> Arc<HashMap<String, Arc<Mount>>> {
        self.0.here.load_full()
    }

    pub(crate) fn health(&self) -> &Health {
        &self.0.health
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn tasks(&self) -> &Tasks {
        &self.0.tasks
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }
}
