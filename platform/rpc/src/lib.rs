//! Calls between services.

pub mod v1;
