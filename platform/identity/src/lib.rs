//! mainstay-identity
