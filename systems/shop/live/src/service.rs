//! Live as the host mounts it. It has no database, so no lease: every process with it serves those who are connected
//! there, and reads the producers' logs by itself.

use std::sync::Arc;

use mainstay_core::{Clock, Result, Tasks};
use mainstay_events::EventSource;
use mainstay_host::{Contract, Mounted, Scope, Service};
use mainstay_realtime::{Follow, Hub, InMemory, Options, Parts, RoomKind, SlowConsumer, routes};
use mainstay_rpc::{Channel, Peer};
use mainstay_telemetry::Registry;
use shop_inventory_contracts as inventory;
use shop_orders_contracts as orders;
use shop_orders_contracts::OrdersClient;

use crate::doors::{OrderDoor, StockDoor};
use crate::render;

/// Each message is the whole state, so a slow page skips to the newest.
const STOCK: RoomKind = RoomKind::new("stock", SlowConsumer::Conflate);

/// Each message is something that happened.
const ORDER: RoomKind = RoomKind::new("order", SlowConsumer::Disconnect);

/// Where subscribers connect.
const PATH: &str = "/v1/live";

/// Live, for [`Host::mount`](mainstay_host::Host::mount).
pub struct Live;

/// What live reaches.
pub struct Needs {
    /// The inventory's events.
    pub stock: Arc<dyn EventSource>,
    /// The orders' events.
    pub orders: Arc<dyn EventSource>,
    /// Who knows whose an order is.
    pub order_peer: Peer<OrdersClient<Channel>>,
    pub tasks: Tasks,
    pub registry: Registry,
}

impl mainstay_host::Needs for Needs {
    fn gather(scope: &Scope) -> Result<Self> {
        Ok(Self {
            stock: scope.event_source(inventory::SERVICE)?,
            orders: scope.event_source(orders::SERVICE)?,
            order_peer: scope.peer(orders::SERVICE, OrdersClient::new)?,
            tasks: scope.tasks().clone(),
            registry: scope.registry().clone(),
        })
    }
}

impl Service for Live {
    const NAME: &'static str = "shop.live";
    type Config = Options;
    type Needs = Needs;

    fn contract() -> Contract {
        Contract::new().http(&routes(PATH))
    }

    fn start(needs: Needs, options: Options, clock: Clock) -> Result<Mounted> {
        let Needs { stock, orders, order_peer, tasks, registry } = needs;
        let fanout = Arc::new(InMemory::new());
        let parts = Parts { options, clock: clock.clone(), tasks, registry, fanout: fanout.clone() };
        let hub = Hub::new(
            parts,
            vec![
                (STOCK, Arc::new(StockDoor)),
                (ORDER, Arc::new(OrderDoor { orders: order_peer, access: shop_access_contracts::access()? })),
            ],
        );
        let stock = Follow::new(STOCK.name, stock, inventory::TOPIC.name(), render::stock);
        let orders = Follow::new(ORDER.name, orders, orders::TOPIC.name(), render::order);
        let followed = |follow: Follow| {
            let (fanout, clock) = (fanout.clone(), clock.clone());
            move |shutdown| follow.run(fanout, clock, shutdown)
        };
        Ok(Mounted::new()
            .http(routes(PATH).with_state(hub.clone()))
            .run("live.stock", followed(stock))
            .run("live.orders", followed(orders))
            .run("live.hub", move |shutdown| hub.run(shutdown)))
    }
}
