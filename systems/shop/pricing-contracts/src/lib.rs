//! What things cost, as other services ask it: prices, tax, shipping. Ids are declared here, their messages generated.

pub mod codes;
mod topic;
pub mod v1;

pub use topic::TOPIC;

pub use v1::pricing_client::PricingClient;
pub use v1::pricing_server::{Pricing, PricingServer};
pub use v1::{
    FILE_DESCRIPTOR_SET, GetPricesRequest, GetPricesResponse, ListShippingMethodsRequest,
    ListShippingMethodsResponse, Price, PricedLine, PricesChanged, QuoteLine, QuoteRequest, QuoteResponse,
    SetPricesRequest, SetPricesResponse, SetShippingRatesRequest, SetShippingRatesResponse, ShippingMethod,
    ShippingRate, pricing_client, pricing_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.pricing";
