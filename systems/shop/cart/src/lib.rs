//! shop-cart
