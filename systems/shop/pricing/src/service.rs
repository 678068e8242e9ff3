//! Pricing as the host mounts it.

use std::sync::Arc;

use mainstay_audit::Audit;
use mainstay_core::{Clock, Result};
use mainstay_events::Outbox;
use mainstay_host::{Contract, Mounted, Scope, Service};
use mainstay_sql::Database;
use mainstay_telemetry::Registry;
use shop_pricing_contracts::{FILE_DESCRIPTOR_SET, PricingServer, SERVICE, TOPIC};

use crate::config::Config;
use crate::metrics::Metrics;
use crate::migrations::MIGRATIONS;
use crate::model::{ShippingTable, TaxTable};
use crate::rpc::Rpc;
use crate::{actions, http};

/// The service.
pub struct Pricing;

/// What it reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where changed prices are told.
    pub outbox: Outbox,
    /// Where its metrics are registered.
    pub registry: Registry,
    /// Who changed what.
    pub audit: Audit,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Needs {
            db: scope.database(&[MIGRATIONS])?,
            outbox: scope.outbox()?,
            registry: scope.registry().clone(),
            audit: scope.audit(),
        })
    }
}

impl Service for Pricing {
    const NAME: &'static str = SERVICE;
    type Config = Config;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new().http(&http::routes()).rpc(FILE_DESCRIPTOR_SET).tells(&TOPIC, FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, config: Config, _clock: Clock) -> Result<Mounted> {
        let pricing = actions::Pricing {
            db: needs.db,
            outbox: needs.outbox,
            metrics: Metrics::register(&needs.registry),
            tax: Arc::new(TaxTable::new(&config.tax)?),
            shipping: Arc::new(ShippingTable::new(&config.shipping)?),
            access: shop_access_contracts::access()?,
            audit: needs.audit,
        };
        Ok(Mounted::new()
            .http(http::routes().with_state(pricing.clone()))
            .rpc(PricingServer::new(Rpc(pricing)), FILE_DESCRIPTOR_SET))
    }
}
