//! Who people are, as other services ask it: sessions and accounts. Ids are declared here, their messages generated.

pub mod codes;
mod ids;
mod topic;
pub mod v1;

pub use ids::{Address, ApiKey};
pub use topic::TOPIC;
pub use v1::auth_client::AuthClient;
pub use v1::auth_server::{Auth, AuthServer};
pub use v1::{
    EnsureAccountRequest, EnsureAccountResponse, FILE_DESCRIPTOR_SET, GetAccountRequest, GetAccountResponse,
    GetVerificationRequest, GetVerificationResponse, LoggedIn, ResolveApiKeyRequest, ResolveApiKeyResponse,
    ResolveSessionRequest, ResolveSessionResponse, Role, auth_client, auth_server,
};

/// The service's name at run time: what tokens, addresses and configuration call it.
pub const SERVICE: &str = "shop.auth";
