//! Introspection: what a running system knows about itself, for operators.
//!
//! Sagas with their steps, consumers with their lag, parked keys and dead letters, jobs, schedules, leases, limits, the
//! configuration with its sources, and the health of services and peers: each is one struct, asked for over the
//! operators' listener ([`routes`]) or printed by `mainstay` from the databases of a stopped system. What a person
//! decides (resume, replay, skip, retry, discard) is logged with who decided it.
//!
//! It refuses to show what buyers wrote: the states of steps are redacted ([`redact`]), and failures are shown by code and
//! public message. It keeps nothing itself.

mod http;
pub mod limits;
pub mod redact;
pub mod rows;
mod subject;

pub use http::routes;
pub use subject::{Introspection, Parts, Subject};
