//! shop-test-provider
