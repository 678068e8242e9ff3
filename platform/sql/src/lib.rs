//! The door to a service's database.
//!
//! A service writes by [`Database::write`] and reads by [`Database::read`]: synchronous closures that run where the
//! connection is, so that a statement costs microseconds and nothing else can be awaited while a transaction is open.
//! An answer leaves only after the commit is on stable storage; many closures share one commit and one sync.
//!
//! Beside the door stand the things that must share its transaction: migrations, leases with fencing, wake-ups after
//! a commit, and the insight into slow and repeated statements. An engine fills [`Engine`] and [`Connection`]; this
//! crate names none of them. It refuses to be an object mapper: a store writes its SQL by hand.

// The door.
mod aged;
pub mod codes;
pub mod database;
pub mod tx;
pub mod value;
pub mod view;

// What shares its transaction.
pub mod lease;
pub mod migration;
pub mod wake;

// What stands beside it.
pub mod insight;
pub mod leadership;
pub mod metrics;

// What an engine fills.
pub mod connection;
pub mod engine;

mod holder;
mod list;
mod rows;
mod work;

pub use aged::Aged;
pub use codes::{CODES, constraint};
pub use connection::{Columns, Connection};
pub use database::Database;
pub use engine::{Capabilities, CommitHook, DatabaseEngine, Engine, Inline, Options, Verdict, Work};
pub use insight::{FrequentQuery, Insight, RepeatedQuery, SlowQuery};
pub use leadership::Leadership;
pub use lease::Lease;
pub use metrics::{DatabaseMetrics, Metrics};
pub use migration::{AppliedMigration, MIGRATIONS, Migration, MigrationSet, MigrationState, MigrationStatus};
pub use tx::Tx;
pub use value::{FromColumn, Param, Row, Value};
pub use view::View;
pub use wake::{Waiter, Wake};
