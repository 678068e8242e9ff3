//! A service whose type is forgotten, on its way into the process.

use std::marker::PhantomData;

use mainstay_core::{Clock, Configuration, Result};

use crate::codes::NOT_STARTED;
use crate::contract::Contract;
use crate::scope::Scope;
use crate::service::{Mounted, Needs, Service};

/// The steps from a type to a running service, in their order.
pub(crate) trait Mounting: Send {
    fn name(&self) -> &'static str;

    /// What the service promises; `None` of a fake, which is held to nothing.
    fn contract(&self) -> Option<Contract>;

    /// Reads the service's section.
    fn configure(&mut self, configuration: &Configuration) -> Result<()>;

    /// Takes what the service needs.
    fn gather(&mut self, scope: &Scope) -> Result<()>;

    /// Puts the service together from both.
    fn start(&mut self, clock: Clock) -> Result<Mounted>;
}

/// A service of type `S`.
pub(crate) struct OneService<S: Service> {
    config: Option<S::Config>,
    needs: Option<S::Needs>,
    service: PhantomData<fn() -> S>,
}

impl<S: Service> OneService<S> {
    pub(crate) fn new() -> Self {
        Self { config: None, needs: None, service: PhantomData }
    }
}

impl<S: Service> Mounting for OneService<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn contract(&self) -> Option<Contract> {
        Some(S::contract())
    }

    fn configure(&mut self, configuration: &Configuration) -> Result<()> {
        self.config = Some(configuration.section(S::NAME)?);
        Ok(())
    }

    fn gather(&mut self, scope: &Scope) -> Result<()> {
        self.needs = Some(S::Needs::gather(scope)?);
        Ok(())
    }

    fn start(&mut self, clock: Clock) -> Result<Mounted> {
        match (self.needs.take(), self.config.take()) {
            (Some(needs), Some(config)) => S::start(needs, config, clock),
            _ => Err(NOT_STARTED.error(format!("{} was started before it had what it needs", S::NAME))),
        }
    }
}

/// Something that answers under a service's name.
pub(crate) struct StandIn {
    name: &'static str,
    mounted: Option<Mounted>,
}

impl StandIn {
    pub(crate) fn new(name: &'static str, mounted: Mounted) -> Self {
        Self { name, mounted: Some(mounted) }
    }
}

impl Mounting for StandIn {
    fn name(&self) -> &'static str {
        self.name
    }

    fn contract(&self) -> Option<Contract> {
        None
    }

    fn configure(&mut self, _configuration: &Configuration) -> Result<()> {
        Ok(())
    }

    fn gather(&mut self, _scope: &Scope) -> Result<()> {
        Ok(())
    }

    fn start(&mut self, _clock: Clock) -> Result<Mounted> {
        self.mounted.take().ok_or_else(|| NOT_STARTED.error(format!("{} was started twice", self.name)))
    }
}
