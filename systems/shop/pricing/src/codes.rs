//! The error codes that pricing raises. They are declared in the contract, since a checkout passes them on.

use mainstay_core::Code;
pub use shop_pricing_contracts::codes::{PRICE_MISSING, SHIPPING_UNKNOWN};

/// Every code of this service, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&PRICE_MISSING, &SHIPPING_UNKNOWN];
