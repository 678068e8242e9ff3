//! shop-catalog-contracts
