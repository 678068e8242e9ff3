//! shop-inventory-contracts
