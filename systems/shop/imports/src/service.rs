//! Imports as the host mounts it.

use mainstay_core::{Clock, Result};
use mainstay_host::{Contract, Mounted, Scope, Service};
use mainstay_jobs::Jobs;
use mainstay_sql::{Database, Wake};
use shop_catalog_contracts::CatalogClient;
use shop_imports_contracts::{FILE_DESCRIPTOR_SET, ImportsServer, SERVICE};
use shop_inventory_contracts::InventoryClient;
use shop_pricing_contracts::PricingClient;

use crate::actions::Desk;
use crate::apply::Peers;
use crate::config::Config;
use crate::forget;
use crate::job::Carry;
use crate::migrations::MIGRATIONS;
use crate::rpc::Rpc;

/// The service.
pub struct Imports;

/// What it reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where imports are carried out.
    pub jobs: Jobs,
    /// Who owns what lines speak of.
    pub peers: Peers,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Needs {
            db: scope.database(&[MIGRATIONS])?,
            jobs: scope.jobs()?,
            peers: Peers {
                catalog: scope.peer(shop_catalog_contracts::SERVICE, CatalogClient::new)?,
                pricing: scope.peer(shop_pricing_contracts::SERVICE, PricingClient::new)?,
                inventory: scope.peer(shop_inventory_contracts::SERVICE, InventoryClient::new)?,
            },
        })
    }
}

impl Service for Imports {
    const NAME: &'static str = SERVICE;
    type Config = Config;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new().rpc(FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, config: Config, _clock: Clock) -> Result<Mounted> {
        config.check()?;
        let Needs { db, jobs, peers } = needs;
        let access = shop_access_contracts::access()?;
        forget::register(&jobs, &db, &config)?;
        jobs.register(Carry { db: db.clone(), peers: peers.clone() })?;
        let desk = Desk { db, jobs, peers, access, staged: Wake::new() };
        Ok(Mounted::new().rpc(ImportsServer::new(Rpc(desk)), FILE_DESCRIPTOR_SET))
    }
}
