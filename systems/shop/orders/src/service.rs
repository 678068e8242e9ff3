//! How orders is put together.

use std::sync::Arc;
use std::time::Duration;

use mainstay_access::Access;
use mainstay_audit::Audit;
use mainstay_core::{Clock, Context, Result, Tasks, Timestamp};
use mainstay_events::{Consumers, EventSource, Outbox, Subscription};
use mainstay_host::{Contract, Mounted, ReplayClock, Scope, Service};
use mainstay_http::IdempotencyKey;
use mainstay_jobs::{Job, Jobs, NewJob};
use mainstay_sql::Database;
use mainstay_workflow::{Saga, Sagas};
use serde::{Deserialize, Serialize};
use shop_cart_contracts::CartClient;
use shop_inventory_contracts::InventoryClient;
use shop_orders_contracts::{FILE_DESCRIPTOR_SET, OrdersServer, SERVICE};
use shop_payments_contracts::PaymentsClient;
use shop_pricing_contracts::PricingClient;

use crate::checkout::{self, CheckoutState};
use crate::jobs::{ARCHIVE_AT, Archive};
use crate::peers::Peers;
use crate::refund::{self, RefundState};
use crate::{MIGRATIONS, events, http, store};

/// What payments tells is news only to a checkout that waits for its buyer or for a late provider.
const PACE: Duration = Duration::from_millis(10);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How long the goods are held while the buyer pays. Default: 900.
    pub hold_seconds: u64,
    /// Days after the last thing that happened to it until an order is archived: packed, and found as before. Checkouts
    /// that came to nothing are deleted at the same age. 0 keeps all as they are. Default: 730.
    pub archive_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { hold_seconds: 900, archive_days: 730 }
    }
}

/// What orders reaches.
pub struct Needs {
    pub db: Database,
    pub outbox: Outbox,
    pub sagas: Sagas,
    /// Where old orders are archived.
    pub jobs: Jobs,
    pub consumers: Consumers,
    pub payment_news: Arc<dyn EventSource>,
    pub tasks: Tasks,
    pub audit: Audit,
    pub peers: Peers,
    /// When what is replayed happens, in a process that was started to replay.
    pub replay: Option<ReplayClock>,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Self {
            db: scope.database(&[MIGRATIONS])?,
            outbox: scope.outbox()?,
            sagas: scope.sagas()?,
            jobs: scope.jobs()?,
            consumers: scope.consumers()?,
            tasks: scope.tasks().clone(),
            replay: scope.replay_clock(),
            audit: scope.audit(),
            payment_news: scope.event_source(shop_payments_contracts::SERVICE)?,
            peers: Peers {
                cart: scope.peer(shop_cart_contracts::SERVICE, CartClient::new)?,
                pricing: scope.peer(shop_pricing_contracts::SERVICE, PricingClient::new)?,
                inventory: scope.peer(shop_inventory_contracts::SERVICE, InventoryClient::new)?,
                payments: scope.peer(shop_payments_contracts::SERVICE, PaymentsClient::new)?,
            },
        })
    }
}

/// The service: handles that its actions work with. Cheap to clone.
#[derive(Clone)]
pub struct Orders {
    pub db: Database,
    pub config: Arc<Config>,
    pub peers: Peers,
    pub sagas: Sagas,
    pub checkout: Saga<CheckoutState>,
    pub refund: Saga<RefundState>,
    replay: Option<ReplayClock>,
    /// Who may do what.
    pub access: Access,
    /// Who did what.
    pub audit: Audit,
}

impl Service for Orders {
    const NAME: &'static str = SERVICE;
    type Config = Config;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new()
            .http(&http::routes())
            .rpc(shop_orders_contracts::FILE_DESCRIPTOR_SET)
            .tells(&shop_orders_contracts::TOPIC, shop_orders_contracts::FILE_DESCRIPTOR_SET)
    }

    fn start(needs: Needs, config: Config, _clock: Clock) -> Result<Mounted> {
        let orders = Self::new(needs, config)?;
        Ok(Mounted::new()
            .http(http::routes().with_state(Arc::new(orders.clone())))
            .rpc(OrdersServer::new(orders), FILE_DESCRIPTOR_SET))
    }
}

impl Orders {
    /// Registers the sagas and consumers and gives the handle that actions take.
    pub fn new(needs: Needs, config: Config) -> Result<Self> {
        let checkout = needs.sagas.register(checkout::definition(&needs.peers, &needs.outbox))?;
        let refund = needs.sagas.register(refund::definition(&needs.peers, &needs.outbox))?;
        let sagas = needs.sagas.clone();
        needs.consumers.add(
            Subscription::new("shop.orders.payments", &shop_payments_contracts::TOPIC, needs.payment_news)
                .pace(PACE)
                .handle(move |tx, ctx, envelope, event| events::on_payment(&sagas, tx, ctx, envelope, event)),
        )?;
        if config.archive_days > 0 {
            let keep = Duration::from_secs(u64::from(config.archive_days) * 24 * 60 * 60);
            needs.jobs.register(Archive { db: needs.db.clone(), keep })?;
            needs.jobs.schedule(Archive::KIND, ARCHIVE_AT, NewJob::of::<Archive>(&())?)?;
        }
        // A projection that was never built, or whose building was cut off, is built beside the traffic.
        let db = needs.db.clone();
        needs.tasks.spawn("orders-views", async move {
            if let Err(error) = store::facts().prepare(&db, &Context::background(SERVICE)).await {
                tracing::error!(error = error.chain(), "the order list could not be built");
            }
        });
        Ok(Self {
            db: needs.db,
            config: Arc::new(config),
            peers: needs.peers,
            sagas: needs.sagas,
            checkout,
            refund,
            replay: needs.replay,
            access: shop_access_contracts::access()?,
            audit: needs.audit,
        })
    }

    /// When the request under this key happens, if it is part of a replay: else it happens now.
    pub fn replayed_at(&self, key: &IdempotencyKey) -> Option<Timestamp> {
        self.replay.as_ref().and_then(|clock| clock.time_of(key.as_str()))
    }
}
