//! mainstay-events
