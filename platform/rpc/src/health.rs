//! gRPC's own health protocol, for orchestrators and load balancers.
//!
//! A service is asked about under its name (`shop.orders`) or its contract's (`shop.orders.v1.Orders`); the empty name
//! stands for the process. Readiness depends on the service alone: sick peers are reported elsewhere and gate nothing.

use std::collections::BTreeMap;

use tokio::sync::Mutex;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

pub(crate) struct Health {
    reporter: HealthReporter,
    services: Mutex<BTreeMap<String, Service>>,
}

struct Service {
    contracts: Vec<&'static str>,
    is_ready: bool,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self { reporter: HealthReporter::new(), services: Mutex::default() }
    }

    pub(crate) fn reporter(&self) -> HealthReporter {
        self.reporter.clone()
    }

    pub(crate) async fn add(&self, name: &str, contracts: Vec<&'static str>) {
        let mut services = self.services.lock().await;
        services.insert(name.to_owned(), Service { contracts, is_ready: true });
        self.report(&services, name).await;
    }

    pub(crate) async fn set(&self, name: &str, is_ready: bool) {
        let mut services = self.services.lock().await;
        if let Some(service) = services.get_mut(name) {
            service.is_ready = is_ready;
            self.report(&services, name).await;
        }
    }

    /// Nothing serves any more: the first step of a drain.
    pub(crate) async fn close(&self) {
        let mut services = self.services.lock().await;
        for service in services.values_mut() {
            service.is_ready = false;
        }
        for name in services.keys() {
            self.report(&services, name).await;
        }
    }

    async fn report(&self, services: &BTreeMap<String, Service>, changed: &str) {
        let word = |is_ready| if is_ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        if let Some(service) = services.get(changed) {
            self.reporter.set_service_status(changed, word(service.is_ready)).await;
            for contract in &service.contracts {
                self.reporter.set_service_status(*contract, word(service.is_ready)).await;
            }
        }
        let all = services.values().all(|service| service.is_ready);
        self.reporter.set_service_status("", word(all)).await;
    }
}
