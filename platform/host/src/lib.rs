//! mainstay-host
