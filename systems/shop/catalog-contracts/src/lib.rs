//! What is sold, as other services ask it: products and their variants. Ids are declared here, their messages generated.
//!
//! [`Variant`] and [`Product`] here are kinds of id; the messages of those names are in [`v1`].

mod ids;
mod topic;
pub mod v1;

pub use ids::{Category, Product, Variant};
pub use topic::{ATTRIBUTE_TOPIC, CATEGORY_TOPIC, TOPIC};
pub use v1::catalog_client::CatalogClient;
pub use v1::catalog_server::{Catalog, CatalogServer};
pub use v1::{
    AttributeChanged, CategoryChanged, FILE_DESCRIPTOR_SET, GetVariantsRequest, GetVariantsResponse,
    LineRefusal, NamedGoods, PageProductsRequest, PageProductsResponse, ProductChanged, PutByNameRequest,
    PutByNameResponse, PutProductRequest, PutProductResponse, UpsertProductsRequest, UpsertProductsResponse,
    catalog_client, catalog_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.catalog";
