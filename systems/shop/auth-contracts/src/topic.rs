//! What the service publishes.

use mainstay_events::{Event, Topic};

use crate::v1::LoggedIn;

impl Event for LoggedIn {
    const TYPE: &'static str = "shop.auth.v1.LoggedIn";
}

/// A buyer has logged in; keyed by the account's id.
pub const TOPIC: Topic<LoggedIn> = Topic::new("shop.auth.login");
