//! What both sides put around a call, a file each. The order in which they stand is in [`channel`](crate::channel) for
//! the caller and in [`mount`](crate::mount) for the callee.

pub(crate) mod attempt;
pub(crate) mod authorization;
pub(crate) mod boundary;
pub(crate) mod deadline;
pub(crate) mod limit;
pub(crate) mod metrics;
pub(crate) mod trace;
