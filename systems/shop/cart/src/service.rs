//! The cart as the host mounts it.

use std::sync::Arc;

use mainstay_core::{Clock, Result};
use mainstay_events::{Consumers, EventSource};
use mainstay_host::{Contract, Mounted, Scope, Service};
use mainstay_jobs::{Job, Jobs, NewJob};
use mainstay_rpc::{Channel, Peer};
use mainstay_sql::Database;
use mainstay_telemetry::Registry;
use shop_cart_contracts::{CartServer, FILE_DESCRIPTOR_SET, SERVICE};
use shop_catalog_contracts::CatalogClient;
use shop_pricing_contracts::PricingClient;

use crate::actions::Carts;
use crate::config::Config;
use crate::jobs::{FORGET_AT, Forget};
use crate::metrics::Metrics;
use crate::migrations::MIGRATIONS;
use crate::rpc::Rpc;
use crate::{events, http};

/// The service.
pub struct Cart;

/// What it reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where old carts are deleted.
    pub jobs: Jobs,
    /// What follows logins and orders.
    pub consumers: Consumers,
    /// The logins.
    pub auth: Arc<dyn EventSource>,
    /// The orders.
    pub orders: Arc<dyn EventSource>,
    /// Who knows what a variant is.
    pub catalog: Peer<CatalogClient<Channel>>,
    /// Who knows what a cart costs.
    pub pricing: Peer<PricingClient<Channel>>,
    /// Where its metrics are registered.
    pub registry: Registry,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Needs {
            db: scope.database(&[MIGRATIONS])?,
            jobs: scope.jobs()?,
            consumers: scope.consumers()?,
            auth: scope.event_source(shop_auth_contracts::SERVICE)?,
            orders: scope.event_source(shop_orders_contracts::SERVICE)?,
            catalog: scope.peer(shop_catalog_contracts::SERVICE, CatalogClient::new)?,
            pricing: scope.peer(shop_pricing_contracts::SERVICE, PricingClient::new)?,
            registry: scope.registry().clone(),
        })
    }
}

impl Service for Cart {
    const NAME: &'static str = SERVICE;
    type Config = Config;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new().http(&http::routes()).rpc(shop_cart_contracts::FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, config: Config, _clock: Clock) -> Result<Mounted> {
        config.check()?;
        needs.jobs.register(Forget { db: needs.db.clone(), keep: config.keep() })?;
        needs.jobs.schedule(Forget::KIND, FORGET_AT, NewJob::of::<Forget>(&())?)?;
        needs.consumers.add(events::logins(needs.auth))?;
        needs.consumers.add(events::orders(needs.orders))?;
        let carts = Carts {
            db: needs.db,
            catalog: needs.catalog,
            pricing: needs.pricing,
            estimate_for: config.estimate_for.into(),
            metrics: Metrics::register(&needs.registry),
            access: shop_access_contracts::access()?,
        };
        Ok(Mounted::new()
            .http(http::routes().with_state(Arc::new(carts.clone())))
            .rpc(CartServer::new(Rpc(carts)), FILE_DESCRIPTOR_SET))
    }
}
