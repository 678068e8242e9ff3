//! What the actions share.

use mainstay_core::Clock;
use mainstay_events::Outbox;
use mainstay_identity::Passwords;
use mainstay_sql::Database;

/// The service's state, behind an `Arc` that every way in holds.
pub struct App {
    pub db: Database,
    pub outbox: Outbox,
    pub passwords: Passwords,
    pub clock: Clock,
}
