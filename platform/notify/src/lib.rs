//! mainstay-notify
