//! shop-pricing
