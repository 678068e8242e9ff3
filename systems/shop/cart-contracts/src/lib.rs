//! What a buyer means to buy, as a checkout asks it: lock and unlock. Ids are declared here, their messages generated.
//!
//! [`Cart`] here is the kind of id; the trait that the service implements is [`cart_server::Cart`].

pub mod codes;
mod ids;
pub mod v1;

pub use ids::Cart;
pub use v1::cart_client::CartClient;
pub use v1::cart_server::CartServer;
pub use v1::{
    Address, FILE_DESCRIPTOR_SET, Line, LockRequest, LockResponse, UnlockRequest, UnlockResponse,
    cart_client, cart_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.cart";
