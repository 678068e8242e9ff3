//! The test provider of payments beside the demo shop: a server of its own with a port and a database of its own, which
//! the shop reaches as it would reach a real one.

use std::net::SocketAddr;
use std::time::Duration;

use mainstay_core::{Clock, Configuration, Result, Shutdown, Tasks};
use mainstay_host::{Engines, Settings, follow_root_key, service_keys};
use mainstay_secrets::RootKey;
use mainstay_sql::{Database, Metrics};
use serde::{Deserialize, Serialize};
use shop_payments::{ProviderSecrets, SharedSecret};
use shop_test_provider::{Options, Shared, TestProvider};

use crate::listener::Listener;

/// Names its database and its section of the configuration.
pub const NAME: &str = "shop.test_provider";

/// What is open at the end is ended then: it charges nobody.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);

/// `[shop.test_provider]`: the server that plays the payment provider of the demo shop.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Section {
    /// Address and port; port 0 takes a free one. Default: `127.0.0.1:8095`.
    pub listen: SocketAddr,
    /// How late `tok_late` is answered. Default: 8000.
    pub late_ms: u64,
    /// How long `tok_out_of_order` holds back its first webhook. Default: 2000.
    pub held_back_ms: u64,
}

impl Default for Section {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8_095)), late_ms: 8_000, held_back_ms: 2_000 }
    }
}

/// The secret as the provider asks for it.
fn shared(secret: SharedSecret) -> Shared {
    Shared::new(move || secret.each().iter().map(|text| text.expose().clone()).collect())
}

/// The running provider.
pub struct Provider {
    server: TestProvider,
    db: Database,
    clock: Clock,
    tasks: Tasks,
    shutdown: Shutdown,
}

impl Provider {
    /// Starts it on its own database. Its two secrets are derived from the installation's root keys, as the payments
    /// service derives them: they are the same after a restart, so webhooks that waited still verify.
    pub async fn start(configuration: &Configuration, engines: &Engines, clock: &Clock) -> Result<Self> {
        let section: Section = configuration.section(NAME)?;
        let settings = Settings::read(configuration)?;
        mainstay_host::prepare_folder(&settings.process.data)?;
        let root = RootKey::open_or_create(&settings.root_key(), clock.now())?;
        let secrets = ProviderSecrets::derived(service_keys(&root, shop_payments_contracts::SERVICE));

        let mut options = Options::new(shared(secrets.api_key), shared(secrets.webhook));
        options.listen = section.listen;
        options.webhook_dialer = Listener::of(&settings.http, settings.http.listen)?.dialer;
        options.late = Duration::from_millis(section.late_ms);
        options.held_back = Duration::from_millis(section.held_back_ms);
        let db = engines.open_database(&settings.database.url, NAME, clock, &Metrics::unregistered())?;
        let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
        tasks.spawn("test_provider.root_key", follow_root_key(root, clock.clone(), shutdown.clone()));
        let server = TestProvider::start(db.clone(), options, &tasks, shutdown.clone()).await?;
        Ok(Self { server, db, clock: clock.clone(), tasks, shutdown })
    }

    /// The configuration that makes the payments service use it.
    pub fn keys(&self) -> Vec<String> {
        vec![format!("shop.payments.provider_url=\"{}\"", self.server.url())]
    }

    /// From now on webhooks go to the shop that listens there.
    pub fn tell(&self, shop: &Listener) {
        self.server.send_webhooks_to(format!("{}/v1/payments/webhooks/test", shop.url()));
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Ends it; what it had not told yet is told after the next start.
    pub async fn stop(self) {
        self.shutdown.request();
        let stuck = self.tasks.drain(&self.clock, STOP_TIME_MAX).await;
        if !stuck.is_empty() {
            tracing::warn!(tasks = stuck.join(", "), "the test provider did not end in time");
        }
        self.db.close().await;
    }
}
