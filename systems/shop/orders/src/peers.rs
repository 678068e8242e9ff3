//! The services that orders calls.

use mainstay_rpc::{Channel, Peer};
use shop_cart_contracts::CartClient;
use shop_inventory_contracts::InventoryClient;
use shop_payments_contracts::PaymentsClient;
use shop_pricing_contracts::PricingClient;

#[derive(Clone)]
pub struct Peers {
    pub cart: Peer<CartClient<Channel>>,
    pub pricing: Peer<PricingClient<Channel>>,
    pub inventory: Peer<InventoryClient<Channel>>,
    pub payments: Peer<PaymentsClient<Channel>>,
}
