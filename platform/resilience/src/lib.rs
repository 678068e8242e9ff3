//! mainstay-resilience
