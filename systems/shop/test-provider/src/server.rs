//! The server as a whole: options, state, start and stop.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use mainstay_core::{Clock, Context, Result, Shutdown, Tasks, codes};
use mainstay_dial::Dialer;
use mainstay_sql::Database;
use parking_lot::RwLock;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::model::{Charge, Token};
use crate::webhooks::Sender;
use crate::{api, challenge, deciding, migrations, webhooks};

/// How the provider is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where a buyer's browser reaches this server; the listening address if there is none.
    pub public_url: Option<String>,
    /// What merchants send as `Authorization: Bearer <key>`.
    pub api_key: Shared,
    /// What webhooks are signed with.
    pub webhook_secret: Shared,
    /// Where webhooks go; they wait while there is none.
    pub webhook_url: Option<String>,
    /// How whoever gets them is spoken to.
    pub webhook_dialer: Dialer,
    /// How late `tok_late` is. More than the shop waits, so that its time-out is tried out.
    pub late: Duration,
    /// How long `tok_out_of_order` holds back its first webhook. More than the shop needs to capture.
    pub held_back: Duration,
}

/// A secret that a merchant shares, asked for whenever it is needed: it may be replaced while everything runs. The first
/// is what is signed with; each is taken.
#[derive(Clone)]
pub struct Shared(Arc<dyn Fn() -> Vec<String> + Send + Sync>);

impl Shared {
    pub fn new(each: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(each))
    }

    pub(crate) fn each(&self) -> Vec<String> {
        (self.0)()
    }
}

impl From<&str> for Shared {
    fn from(secret: &str) -> Self {
        let secret = secret.to_owned();
        Self::new(move || vec![secret.clone()])
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl Options {
    /// The usual set-up, with these two secrets.
    pub fn new(api_key: impl Into<Shared>, webhook_secret: impl Into<Shared>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: None,
            api_key: api_key.into(),
            webhook_secret: webhook_secret.into(),
            webhook_url: None,
            webhook_dialer: Dialer::plain(),
            late: Duration::from_secs(8),
            held_back: Duration::from_secs(2),
        }
    }
}

/// What the handlers and the background parts share.
pub struct Server {
    pub db: Database,
    pub options: Options,
    pub clock: Clock,
    pub ctx: Context,
    pub shutdown: Shutdown,
    pub webhook_url: RwLock<Option<String>>,
    /// Rung after each write that may have queued a late decision or a webhook.
    pub decisions: Notify,
    pub webhooks: Notify,
    public_url: String,
}

impl Server {
    pub fn challenge_url(&self, secret: &str) -> String {
        format!("{}/challenges/{secret}", self.public_url)
    }

    /// Wakes the background parts after a change; not for plain charges, which leave nothing to do.
    pub fn ring(&self, charge: &Charge) {
        if charge.token != Token::Ok {
            self.decisions.notify_one();
            self.webhooks.notify_one();
        }
    }
}

/// A running provider. It ends with the shutdown that it was started with.
#[derive(Clone)]
pub struct TestProvider {
    server: Arc<Server>,
    address: SocketAddr,
}

impl TestProvider {
    /// Brings the database up to date, binds the port and serves until `shutdown`.
    pub async fn start(db: Database, options: Options, tasks: &Tasks, shutdown: Shutdown) -> Result<Self> {
        db.migrate(&[migrations::MIGRATIONS]).await?;
        let unusable = |error: std::io::Error| {
            let place = options.listen;
            let message = if error.kind() == std::io::ErrorKind::AddrInUse {
                format!(
                    "another process listens on {place}; end it, or choose another address for the test provider \
                     with shop.test_provider.listen"
                )
            } else {
                format!("the test provider cannot listen on {place}: {error}")
            };
            codes::UNAVAILABLE.because(message, error)
        };
        let listener = TcpListener::bind(options.listen).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?;
        let clock = db.clock().clone();
        let server = Arc::new(Server {
            db,
            clock: clock.clone(),
            ctx: Context::background("shop.test_provider"),
            shutdown: shutdown.clone(),
            webhook_url: RwLock::new(options.webhook_url.clone()),
            decisions: Notify::new(),
            webhooks: Notify::new(),
            public_url: options.public_url.clone().unwrap_or_else(|| format!("http://{address}")),
            options,
        });
        let sender =
            Sender::new(clock, server.options.webhook_dialer.clone(), server.options.webhook_secret.clone());
        tasks.spawn("test_provider.decisions", deciding::run(Arc::clone(&server), shutdown.clone()));
        tasks.spawn("test_provider.webhooks", webhooks::run(Arc::clone(&server), sender, shutdown.clone()));
        let router: Router =
            Router::new().merge(api::router()).merge(challenge::router()).with_state(Arc::clone(&server));
        // Small answers must not wait for an acknowledgement of the one before.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY was refused");
            }
        });
        tasks.spawn("test_provider.http", async move {
            let serving = axum::serve(listener, router)
                .with_graceful_shutdown(async move { shutdown.requested().await });
            if let Err(error) = serving.await {
                tracing::error!(%error, "the test provider's listener ended");
            }
        });
        Ok(Self { server, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a shop is configured with: `http://…`, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on webhooks go there, also those that waited.
    pub fn send_webhooks_to(&self, url: impl Into<String>) {
        *self.server.webhook_url.write() = Some(url.into());
        self.server.webhooks.notify_one();
    }

    /// How many webhooks nobody has taken yet, and how many were given up.
    pub async fn webhooks(&self) -> Result<(u64, u64)> {
        self.server.db.read(&self.server.ctx, crate::store::webhook_counts).await
    }
}
