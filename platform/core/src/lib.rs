//! mainstay-core
