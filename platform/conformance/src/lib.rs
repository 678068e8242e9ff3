//! What every engine behind a port must do, as plain functions: `cases(…) -> Vec<Case>`, one file a port.
//!
//! An engine's tests run all cases of the ports that it fills, and `mainstay verify` runs them against what an
//! installation really uses. What an engine declares not to be able to do is checked as such. The suites know ports
//! only: no engine is named here.

pub mod blobs;
pub mod cache;
pub mod case;
pub mod events;
pub mod jobs;
pub mod limits;
pub mod notify;
pub mod realtime;
pub mod rpc;
pub mod search;
pub mod sql;
pub mod workflow;

pub use case::Case;
