//! shop-cart-contracts
