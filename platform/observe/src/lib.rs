//! What processes told about themselves, kept for a while and searched: the operator's memory.
//!
//! Spans, log lines and metrics of this process come in directly, those of others over OTLP ([`receive`]). They are
//! kept in a database of their own, bounded by time and by size, the oldest dropped and counted ([`store`]), and
//! answered as JSON and as a live tail ([`api`]).
//!
//! Nothing waits for it. It takes from bounded queues on a thread of its own; what it cannot take in time, or cannot
//! write because the disk is full, is dropped and counted, and requests go on. It refuses to be a warehouse: what must
//! be kept longer is sent to a collector.

pub mod api;
pub mod codes;
pub mod receive;
pub mod store;
mod words;

pub use api::Process;
pub use codes::CODES;
pub use store::{Bounds, Figures, Store};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::store::{Made, decode, made_of};
    pub use crate::words::query;
}
