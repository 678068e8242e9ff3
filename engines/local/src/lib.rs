//! mainstay-engine-local
