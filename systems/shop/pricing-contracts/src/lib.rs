//! shop-pricing-contracts
