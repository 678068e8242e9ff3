//! Who may enter which rooms.

use async_trait::async_trait;
use mainstay_access::{Access, Relation};
use mainstay_core::{Context, Id, Result, codes};
use mainstay_realtime::Doorkeeper;
use mainstay_rpc::{Peer, answer, request};
use shop_access_contracts::ORDERS_READ;
use shop_catalog_contracts::Variant;
use shop_orders_contracts::{GetOrderRequest, Order, OrdersClient};

/// What is in stock is written on every page.
pub struct StockDoor;

#[async_trait]
impl Doorkeeper for StockDoor {
    async fn admit(&self, _: &Context, key: &str) -> Result<()> {
        // What cannot be a variant has no room; whether there is such a one makes no difference.
        key.parse::<Id<Variant>>().map(drop).map_err(|_| codes::NOT_FOUND.error("there is no such variant"))
    }
}

/// An order is its buyer's, and staff's: orders itself answers for whom it is there at all.
pub struct OrderDoor {
    pub orders: Peer<OrdersClient<mainstay_rpc::Channel>>,
    /// What the caller's credential is for is known here and not there.
    pub access: Access,
}

#[async_trait]
impl Doorkeeper for OrderDoor {
    async fn admit(&self, ctx: &Context, key: &str) -> Result<()> {
        self.access.require(ctx, ORDERS_READ, Relation::Own)?;
        let unknown = || codes::NOT_FOUND.error("there is no such order");
        let order: Id<Order> = key.parse().map_err(|_| unknown())?;
        let asked = GetOrderRequest { order_id: order.to_vec() };
        answer(self.orders.client().get_order(request(ctx, asked)).await).map(drop)
    }
}
