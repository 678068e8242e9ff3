//! Every query the service makes, one file a table.

pub mod accounts;
pub mod addresses;
pub mod api_keys;
pub mod families;
pub mod registrations;
pub mod resets;
pub mod sessions;
pub mod signing_keys;
pub mod tallies;
