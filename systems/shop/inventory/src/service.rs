//! Inventory as the host mounts it.

use mainstay_audit::Audit;
use mainstay_core::{Clock, Result};
use mainstay_events::Outbox;
use mainstay_host::{Contract, Loops, Mounted, NoConfig, Scope, Service};
use mainstay_sql::Database;
use mainstay_telemetry::Registry;
use shop_inventory_contracts::{FILE_DESCRIPTOR_SET, InventoryServer, SERVICE};

use crate::actions::Stock;
use crate::metrics::Metrics;
use crate::migrations::MIGRATIONS;
use crate::rpc::Rpc;
use crate::{http, sweeper};

/// The service.
pub struct Inventory;

/// What it reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where changes of stock are told.
    pub outbox: Outbox,
    /// Where the sweeper runs.
    pub loops: Loops,
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
            loops: scope.loops()?,
            registry: scope.registry().clone(),
            audit: scope.audit(),
        })
    }
}

impl Service for Inventory {
    const NAME: &'static str = SERVICE;
    type Config = NoConfig;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new()
            .http(&http::routes())
            .rpc(shop_inventory_contracts::FILE_DESCRIPTOR_SET)
            .tells(&shop_inventory_contracts::TOPIC, shop_inventory_contracts::FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, _config: NoConfig, _clock: Clock) -> Result<Mounted> {
        let Needs { db, outbox, loops, registry, audit } = needs;
        let access = shop_access_contracts::access()?;
        let stock = Stock { db, outbox, metrics: Metrics::register(&registry), access, audit };
        let swept = stock.clone();
        loops.add("inventory.sweep", |leadership, shutdown| sweeper::run(swept, leadership, shutdown));
        Ok(Mounted::new()
            .http(http::routes().with_state(stock.clone()))
            .rpc(InventoryServer::new(Rpc(stock)), FILE_DESCRIPTOR_SET))
    }
}
