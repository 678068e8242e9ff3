//! Auth as the host mounts it: what it needs, and its ways in.

use std::sync::Arc;

use mainstay_audit::Audit;
use mainstay_core::{Clock, Result, codes as core_codes};
use mainstay_events::Outbox;
use mainstay_host::{Contract, Mounted, Scope, Service};
use mainstay_identity::codes::ACCESS_TOKEN_REFUSED;
use mainstay_identity::{AccessSigner, Passwords, Remembered};
use mainstay_jobs::Jobs;
use mainstay_notify::Notifier;
use mainstay_secrets::Keys;
use mainstay_sql::Database;
use shop_auth_contracts as contracts;

use crate::app::App;
use crate::config::Config;
use crate::jobs;
use crate::letters::Letters;
use crate::migrations::MIGRATIONS;
use crate::rpc::Rpc;
use crate::signing::SigningKeys;
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
    /// Sends what is for the mailbox alone.
    pub notifier: Arc<dyn Notifier>,
    /// Its own secret keys.
    pub secrets: Keys,
    /// What the edge of this process remembers of credentials.
    pub remembered: Remembered,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Self {
            db: scope.database(&[MIGRATIONS])?,
            outbox: scope.outbox()?,
            jobs: scope.jobs()?,
            passwords: Passwords::new(scope.cpu().clone())?,
            notifier: scope.notifier(),
            secrets: scope.secrets(),
            remembered: scope.remembered(),
        })
    }
}

impl Service for Auth {
    const NAME: &'static str = contracts::SERVICE;
    type Config = Config;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new()
            // The last is for a token or key that is good for other things.
            .refuses_anywhere(&[
                &codes::SESSION_UNKNOWN,
                &codes::API_KEY_UNKNOWN,
                &ACCESS_TOKEN_REFUSED,
                &core_codes::FORBIDDEN,
            ])
            .http(&http::routes())
            .rpc(shop_auth_contracts::FILE_DESCRIPTOR_SET)
            .tells(&shop_auth_contracts::TOPIC, shop_auth_contracts::FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, config: Config, clock: Clock) -> Result<Mounted> {
        config.check()?;
        let Needs { db, outbox, jobs, passwords, notifier, secrets, remembered } = needs;
        let letters = Letters::new(jobs.clone(), &secrets);
        jobs.register(letters.sender(notifier, &config.links))?;
        let app = Arc::new(App {
            signing: SigningKeys::new(db.clone(), &secrets, clock.clone()),
            signer: AccessSigner::new(&*config.issuer, &*config.audience, clock.clone()),
            refresh_keys: secrets.derive("refresh-tokens/1"),
            db,
            outbox,
            passwords,
            letters,
            config,
            remembered,
            access: shop_access_contracts::access()?,
            audit: Audit::new(&secrets),
            clock,
        });
        jobs::register(&jobs, &app)?;
        Ok(Mounted::new()
            .http(http::routes().with_state(Arc::clone(&app)))
            .policies(http::policies())
            .rpc(contracts::AuthServer::new(Rpc(app)), contracts::FILE_DESCRIPTOR_SET))
    }
}
