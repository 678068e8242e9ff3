//! The use cases, one a file. Each opens one transaction, asks the model what to do, and does it through the store.

mod adjust;
mod audit;
mod commit;
mod count;
mod get_levels;
mod release;
mod reserve;
mod sweep;
mod take;

use mainstay_access::Access;
use mainstay_audit::Audit;
use mainstay_events::Outbox;
use mainstay_sql::Database;

use crate::metrics::Metrics;

pub use adjust::adjust;
pub use audit::audit;
pub use commit::commit;
pub use count::count;
pub use get_levels::get_levels;
pub use release::release;
pub use reserve::{Reserve, reserve};
pub use sweep::sweep;

/// What every use case works on.
#[derive(Clone)]
pub struct Stock {
    /// Inventory's own database.
    pub db: Database,
    /// Where changes are told.
    pub outbox: Outbox,
    /// What is counted.
    pub metrics: Metrics,
    /// Who may do what.
    pub access: Access,
    /// Who did what.
    pub audit: Audit,
}

#[cfg(test)]
mod tests;
