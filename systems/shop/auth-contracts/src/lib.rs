//! shop-auth-contracts
