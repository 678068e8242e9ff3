//! shop-auth
