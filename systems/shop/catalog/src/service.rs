//! The catalogue as the host mounts it.

use std::sync::Arc;

use mainstay_audit::Audit;
use mainstay_blobs::Store;
use mainstay_cache::{Cache, Policy, follow};
use mainstay_core::{Clock, CpuPool, Result};
use mainstay_events::{Consumers, EventSource, Outbox};
use mainstay_host::{Contract, Loops, Mounted, NoConfig, Scope, Service};
use mainstay_search::{Search, TextEngine};
use mainstay_sql::Database;
use mainstay_telemetry::Registry;
use shop_catalog_contracts::{
    ATTRIBUTE_TOPIC, CATEGORY_TOPIC, CatalogServer, FILE_DESCRIPTOR_SET, SERVICE, TOPIC,
};

use tokio::sync::Semaphore;

use crate::metrics::Metrics;
use crate::migrations::MIGRATIONS;
use crate::rpc::Rpc;
use crate::store::PRODUCT_TEXT;
use crate::{actions, http};

/// The service.
pub struct Catalog;

/// What it reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where changed products are told.
    pub outbox: Outbox,
    /// What follows pricing's lists.
    pub consumers: Consumers,
    /// The lists.
    pub pricing: Arc<dyn EventSource>,
    /// Where products of an earlier release are indexed.
    pub loops: Loops,
    /// Full-text search in its database.
    pub text: Arc<dyn TextEngine>,
    /// What buyers were shown.
    pub cache: Cache,
    /// Where pictures lie.
    pub blobs: Store,
    /// Threads that make their sizes.
    pub cpu: CpuPool,
    /// Where its metrics are registered.
    pub registry: Registry,
    /// Who changed what.
    pub audit: Audit,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Needs {
            db: scope.database(&[mainstay_search::MIGRATIONS, mainstay_uploads::MIGRATIONS, MIGRATIONS])?,
            outbox: scope.outbox()?,
            consumers: scope.consumers()?,
            pricing: scope.event_source(shop_pricing_contracts::SERVICE)?,
            loops: scope.loops()?,
            text: scope.text_engine()?,
            cache: scope.cache("products", Policy::default()),
            blobs: scope.blobs()?,
            cpu: scope.cpu().clone(),
            registry: scope.registry().clone(),
            audit: scope.audit(),
        })
    }
}

impl Service for Catalog {
    const NAME: &'static str = SERVICE;
    type Config = NoConfig;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new()
            .http(&http::routes())
            .rpc(FILE_DESCRIPTOR_SET)
            .tells(&TOPIC, FILE_DESCRIPTOR_SET)
            .tells(&CATEGORY_TOPIC, FILE_DESCRIPTOR_SET)
            .tells(&ATTRIBUTE_TOPIC, FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, _config: NoConfig, _clock: Clock) -> Result<Mounted> {
        let Needs { db, outbox, consumers, pricing, loops, text, cache, blobs, cpu, registry, audit } = needs;
        let search = Search::new(text, &PRODUCT_TEXT);
        let metrics = Metrics::register(&registry);
        let access = shop_access_contracts::access()?;
        let (at_hand, rendering) = (Arc::default(), Arc::new(Semaphore::new(1)));
        let catalog = actions::Catalog {
            uploads: actions::uploads(db.clone(), blobs.clone()),
            db,
            outbox,
            search,
            at_hand,
            cache,
            blobs,
            cpu,
            rendering,
            metrics,
            access,
            audit,
        };
        consumers.add(actions::prices(pricing))?;
        let old = catalog.clone();
        loops.add("catalog.index", |leadership, shutdown| actions::index_old(old, leadership, shutdown));
        let own = catalog.clone();
        loops.add("catalog.pictures", |leadership, shutdown| {
            actions::sweep_pictures(own, leadership, shutdown)
        });
        let own = catalog.clone();
        loops.add("catalog.texts", |leadership, shutdown| actions::tidy_texts(own, leadership, shutdown));
        let (cache, outbox) = (catalog.cache.clone(), catalog.outbox.clone());
        loops.add("catalog.forget", |_, shutdown| follow(cache, outbox, &TOPIC, http::touched, shutdown));
        Ok(Mounted::new()
            .http(http::routes().with_state(Arc::new(catalog.clone())))
            .policies(http::policies())
            .rpc(CatalogServer::new(Rpc(catalog)), FILE_DESCRIPTOR_SET))
    }
}
