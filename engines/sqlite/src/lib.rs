//! mainstay-engine-sqlite
