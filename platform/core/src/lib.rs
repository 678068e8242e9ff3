//! What every crate of the platform speaks in: errors, ids, money, time, the context of a request, configuration and
//! the life of a process.
//!
//! It refuses to do I/O beyond reading a configuration file, holds no global state, and knows no transport and no
//! engine. Everything above depends on it, so it stays small.

pub mod clock;
pub mod codes;
pub mod config;
pub mod context;
pub mod error;
pub mod id;
pub mod lifecycle;
pub mod money;
pub mod pace;
pub mod pools;
pub mod queries;
mod schema;
pub mod shown_url;
pub mod time;
pub mod trace;
pub mod work;

pub use clock::{Clock, ManualClock, Monotonic, Stopwatch};
pub use config::Configuration;
pub use context::{Account, Context, Principal, Scopes, Session, TenantId};
pub use error::{Code, Error, FieldError, Kind, Result, Retry};
pub use id::{AnyId, Id, IdKind};
pub use lifecycle::{Shutdown, Tasks};
pub use money::{BasisPoints, Currency, Money};
pub use pace::Pace;
pub use pools::{BlockingPool, CpuPool, PoolStats};
pub use queries::QueryLedger;
pub use time::Timestamp;
pub use trace::TraceContext;
