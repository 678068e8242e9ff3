//! Files of goods on their way into the shop, as other processes hand them over. Ids are declared here, their messages
//! generated.
//!
//! [`Import`] here is a kind of id; the message of that name is in [`v1`].

use mainstay_core::IdKind;

pub mod v1;

pub use v1::imports_client::ImportsClient;
pub use v1::imports_server::{Imports, ImportsServer};
pub use v1::{
    BeginRequest, BeginResponse, FILE_DESCRIPTOR_SET, Fault, FinishRequest, FinishResponse, Format,
    GetImportRequest, GetImportResponse, Line, ListFaultsRequest, ListFaultsResponse, ListImportsRequest,
    ListImportsResponse, OnError, Reason, StageRequest, StageResponse, imports_client, imports_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.imports";

/// One file on its way into the shop.
pub enum Import {}
impl IdKind for Import {
    const PREFIX: &'static str = "imp";
}
