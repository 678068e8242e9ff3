//! shop-payments-contracts
