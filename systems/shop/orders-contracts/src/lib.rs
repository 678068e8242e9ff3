//! shop-orders-contracts
