//! Every query the service makes, one file a table.

pub mod accounts;
pub mod addresses;
pub mod sessions;
