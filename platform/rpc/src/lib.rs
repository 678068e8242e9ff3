//! mainstay-rpc
