//! mainstay-http
