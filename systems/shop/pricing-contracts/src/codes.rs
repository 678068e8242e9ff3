//! The error codes of pricing that its callers pass on.

use mainstay_core::{Code, Kind};

/// A variant has no price on the currency's list.
pub const PRICE_MISSING: Code = Code::new(
    "pricing.price_missing",
    Kind::FailedPrecondition,
    "Something has no price in this currency",
    "Take the named lines out, or pay in another currency.",
);

/// The shipping method does not exist, or does not go there in that currency.
pub const SHIPPING_UNKNOWN: Code = Code::new(
    "pricing.shipping_unknown",
    Kind::FailedPrecondition,
    "The shipping method does not go there",
    "Choose one of the methods that /v1/shipping-methods lists for the country and the currency.",
);
