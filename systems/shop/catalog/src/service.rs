//! The catalogue as the host mounts it.

use mainstay_core::{Clock, Result};
use mainstay_events::Outbox;
use mainstay_host::{Contract, Mounted, NoConfig, Scope, Service};
use mainstay_sql::Database;
use shop_catalog_contracts::{
    ATTRIBUTE_TOPIC, CATEGORY_TOPIC, CatalogServer, FILE_DESCRIPTOR_SET, SERVICE, TOPIC,
};

use crate::migrations::MIGRATIONS;
use crate::rpc::Rpc;
use crate::{actions, http};

/// The service.
pub struct Catalog;

/// What it reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where changed products are told.
    pub outbox: Outbox,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Needs { db: scope.database(&[MIGRATIONS])?, outbox: scope.outbox()? })
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
        let Needs { db, outbox } = needs;
        let catalog = actions::Catalog { db, outbox };
        Ok(Mounted::new()
            .http(http::routes().with_state(catalog.clone()))
            .policies(http::policies())
            .rpc(CatalogServer::new(Rpc(catalog)), FILE_DESCRIPTOR_SET))
    }
}
