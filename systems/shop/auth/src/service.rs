//! Auth as the host mounts it: what it needs, and its ways in.

use std::sync::Arc;

use mainstay_core::{Clock, Result};
use mainstay_events::Outbox;
use mainstay_host::{Contract, Mounted, NoConfig, Scope, Service};
use mainstay_identity::Passwords;
use mainstay_jobs::Jobs;
use mainstay_sql::Database;
use shop_auth_contracts as contracts;

use crate::app::App;
use crate::jobs;
use crate::migrations::MIGRATIONS;
use crate::rpc::Rpc;
use crate::{codes, http};

/// Auth, for [`Host::mount`](mainstay_host::Host::mount).
pub struct Auth;

/// What auth reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where logins are told.
    pub outbox: Outbox,
    /// Housekeeping.
    pub jobs: Jobs,
    /// Hashes passwords, on a bounded pool.
    pub passwords: Passwords,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Self {
            db: scope.database(&[MIGRATIONS])?,
            outbox: scope.outbox()?,
            jobs: scope.jobs()?,
            passwords: Passwords::new(scope.cpu().clone())?,
        })
    }
}

impl Service for Auth {
    const NAME: &'static str = contracts::SERVICE;
    type Config = NoConfig;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new()
            .refuses_anywhere(&[&codes::SESSION_UNKNOWN])
            .http(&http::routes())
            .rpc(shop_auth_contracts::FILE_DESCRIPTOR_SET)
            .tells(&shop_auth_contracts::TOPIC, shop_auth_contracts::FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, _: NoConfig, clock: Clock) -> Result<Mounted> {
        let Needs { db, outbox, jobs, passwords } = needs;
        let app = Arc::new(App { db, outbox, passwords, clock });
        jobs::register(&jobs, &app)?;
        Ok(Mounted::new()
            .http(http::routes().with_state(Arc::clone(&app)))
            .rpc(contracts::AuthServer::new(Rpc(app)), contracts::FILE_DESCRIPTOR_SET))
    }
}
