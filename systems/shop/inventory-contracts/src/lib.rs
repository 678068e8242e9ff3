//! How many pieces there are, as other services ask it: levels and holds. Ids are declared here, their messages generated.

pub mod codes;
mod ids;
mod topic;
pub mod v1;

pub use ids::Reservation;
pub use topic::TOPIC;
pub use v1::inventory_client::InventoryClient;
pub use v1::inventory_server::{Inventory, InventoryServer};
pub use v1::{
    AdjustRequest, AdjustResponse, Adjustment, CommitRequest, CommitResponse, CountRequest, CountResponse,
    Counted, FILE_DESCRIPTOR_SET, GetLevelsRequest, GetLevelsResponse, Level, ReleaseRequest,
    ReleaseResponse, ReserveLine, ReserveRequest, ReserveResponse, StockChanged, inventory_client,
    inventory_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.inventory";
