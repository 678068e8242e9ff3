//! The service as the host mounts it: its configuration, what it needs, and its ways in.

use std::sync::Arc;

use mainstay_core::{Clock, Result};
use mainstay_events::Outbox;
use mainstay_host::{Contract, Mounted, Scope, Service};
use mainstay_jobs::Jobs;
use mainstay_resilience::Options;
use mainstay_secrets::{Keys, SecretSource};
use mainstay_sql::Database;
use mainstay_telemetry::Registry;
use serde::{Deserialize, Serialize};
use shop_payments_contracts as contracts;

use crate::app::App;
use crate::http;
use crate::metrics::Metrics;
use crate::migrations::MIGRATIONS;
use crate::provider::{Guarded, Provider, TestProviderAdapter, default_options};
use crate::rpc::Rpc;
use crate::secrets::{ProviderSecrets, SharedSecret};
use crate::settle;
use crate::webhook::WebhookSecret;

/// Payments, for [`Host::mount`](mainstay_host::Host::mount).
pub struct Payments;

/// The section `[shop.payments]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the provider listens, `http://host:port`. The test provider of `mainstay up shop` by default.
    pub provider_url: String,
    /// Where the API key is, `file:<path>` or `env:<NAME>`. Without one it is derived from the installation's root
    /// key, as the test provider's is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_api_key: Option<SecretSource>,
    /// Where the secret is that the provider signs webhooks with. Derived like the API key by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<SecretSource>,
    /// What stands in front of the provider: the time limit of a call, after which the outcome is unknown and asked
    /// for; retries, none by default, since callers ask again by themselves; breaker and bulkhead.
    pub provider: Options,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            provider_url: "http://127.0.0.1:8095".to_owned(),
            provider_api_key: None,
            webhook_secret: None,
            provider: default_options(),
        }
    }
}

/// What payments reaches.
pub struct Needs {
    /// Its own database.
    pub db: Database,
    /// Where changes of payments are told.
    pub outbox: Outbox,
    /// What is still to be done at the provider.
    pub jobs: Jobs,
    /// What the provider's secrets are derived from when none are configured.
    pub key: Keys,
    pub registry: Registry,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Self {
            db: scope.database(&[MIGRATIONS])?,
            outbox: scope.outbox()?,
            jobs: scope.jobs()?,
            key: scope.secrets(),
            registry: scope.registry().clone(),
        })
    }
}

impl Service for Payments {
    const NAME: &'static str = contracts::SERVICE;
    type Config = Config;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new()
            .http(&http::routes())
            .rpc(shop_payments_contracts::FILE_DESCRIPTOR_SET)
            .tells(&shop_payments_contracts::TOPIC, shop_payments_contracts::FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, config: Config, clock: Clock) -> Result<Mounted> {
        let secrets = ProviderSecrets::load(
            &needs.key,
            config.provider_api_key.as_ref(),
            config.webhook_secret.as_ref(),
        )?;
        let adapter = TestProviderAdapter::new(&config.provider_url, secrets.api_key)?;
        let metrics = Arc::new(Metrics::register(&needs.registry));
        let guarded = Guarded::new(adapter, &config.provider, &clock, &needs.registry, metrics);
        Self::around(Arc::new(guarded), secrets.webhook, needs, clock)
    }
}

impl Payments {
    /// The service around a provider: what [`Service::start`] does once it has made the configured one.
    pub fn around(
        provider: Arc<dyn Provider>,
        webhook_secret: impl Into<SharedSecret>,
        needs: Needs,
        clock: Clock,
    ) -> Result<Mounted> {
        let Needs { db, outbox, jobs, registry, .. } = needs;
        let metrics = Metrics::register(&registry);
        let webhook_secret = WebhookSecret::new(webhook_secret);
        let app = Arc::new(App {
            db,
            outbox,
            jobs,
            provider,
            webhook_secret,
            clock,
            metrics,
            access: shop_access_contracts::access()?,
        });
        settle::register(&app)?;
        Ok(Mounted::new()
            .http(http::routes().with_state(Arc::clone(&app)))
            .rpc(contracts::PaymentsServer::new(Rpc(app)), contracts::FILE_DESCRIPTOR_SET))
    }
}
