//! The whole shop in one process, from the configuration to the drain: what `mainstay up shop` runs, and what tests, the
//! crash harness and benchmarks start on port 0.

use std::net::SocketAddr;

use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Clock, Configuration, Result, Shutdown};
use mainstay_host::{Engines, Host, ReplayClock, Running};

use crate::commands::Global;
use crate::listener::Listener;
use crate::shop::provider::Provider;
use crate::shop::{self, demo};

/// How the shop is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Where the configuration comes from.
    pub global: Global,
    /// With demo data and the test provider of payments.
    pub demo: bool,
    /// Installs the process's log. Tests that start many shops leave it out.
    pub logs: bool,
    /// Keys that stand below everything that was configured.
    pub fallbacks: Vec<(&'static str, String)>,
    /// Starts a shop without goods that does again what happened before: see [`shop::replay`].
    pub replay: Option<ReplayClock>,
}

/// A running shop.
pub struct Shop {
    running: Running,
    listener: Listener,
    provider: Option<Provider>,
    seeded: bool,
}

impl Launch {
    /// Starts the shop; when this returns it takes orders.
    pub async fn start(&self, engines: Engines, clock: Clock) -> Result<Shop> {
        let configuration = self.global.configuration(&[])?;
        let mut keys = self.unconfigured(&configuration);
        let mut provider = None;
        if self.demo {
            // All of it is checked before the first port is bound.
            let host = shop::mount(Host::new(configuration, engines.clone(), clock.clone())).check()?;
            only_here(host.settings()?.http.listen)?;
            let started = Provider::start(host.configuration(), &engines, &clock).await?;
            keys.extend(started.keys());
            provider = Some(started);
        }
        let configuration = self.global.configuration(&keys)?;
        let mut host = shop::mount(Host::new(configuration, engines, clock));
        if self.logs {
            host = host.with_logs();
        }
        if let Some(times) = &self.replay {
            host = host.replaying(times.clone());
        }
        let running = host.start().await?;
        let seeded = match (self.demo, &self.replay) {
            (true, None) => demo::seed(&running).await?,
            (true, Some(_)) => demo::seed_logins(&running).await.map(|()| false)?,
            (false, _) => false,
        };
        let listener = Listener::of(&running.settings().http, running.http_addr())?;
        if let Some(provider) = &provider {
            provider.tell(&listener);
        }
        Ok(Shop { running, listener, provider, seeded })
    }
}

impl Launch {
    /// The fallbacks that nobody overrides.
    fn unconfigured(&self, configuration: &Configuration) -> Vec<String> {
        let is_free = |key: &str| !configuration.is_set(key);
        self.fallbacks
            .iter()
            .filter(|(key, _)| is_free(key))
            .map(|(key, value)| format!("{key}={value}"))
            .collect()
    }
}

impl Shop {
    pub fn running(&self) -> &Running {
        &self.running
    }

    /// Where it listens for the public.
    pub fn listener(&self) -> &Listener {
        &self.listener
    }

    /// Where the test provider of payments listens.
    pub fn provider_addr(&self) -> Option<SocketAddr> {
        self.provider.as_ref().map(Provider::address)
    }

    /// Whether demo data was put there by this start.
    pub fn was_seeded(&self) -> bool {
        self.seeded
    }

    /// Requesting it begins the drain.
    pub fn shutdown(&self) -> Shutdown {
        self.running.shutdown()
    }

    /// Serves until the shutdown is requested, then drains.
    pub async fn wait(self) -> Result<()> {
        let drained = self.running.wait().await;
        if let Some(provider) = self.provider {
            provider.stop().await;
        }
        drained
    }

    /// Drains now.
    pub async fn stop(self) -> Result<()> {
        self.running.shutdown().request();
        self.wait().await
    }
}

/// Demo logins are printed in public, so a demo shop is for this machine alone.
fn only_here(address: SocketAddr) -> Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(BAD_CONFIGURATION.error(format!(
        "a demo shop has logins that everybody knows, so http.listen must be of this machine, such as \
         127.0.0.1:8080, and not {address}"
    )))
}
