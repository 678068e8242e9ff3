//! Facts about orders, as other services learn them. Ids are declared here, their messages generated.

mod ids;
mod topic;
pub mod v1;

pub use ids::{Checkout, Order};
pub use topic::TOPIC;
pub use v1::orders_client::OrdersClient;
pub use v1::orders_server::{Orders, OrdersServer};
pub use v1::{
    Address, CheckoutReversed, FILE_DESCRIPTOR_SET, GetOrderRequest, GetOrderResponse, OrderCancelled,
    OrderEvent, OrderLine, OrderPaid, OrderPlaced, OrderRefunded, PageOrdersRequest, PageOrdersResponse,
    PagedOrder, RefundedLine, order_event, orders_client, orders_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.orders";
