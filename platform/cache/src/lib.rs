//! Cached values: read once, told many times, never older than an invalidation.
//!
//! [`Cache::get_or_load`] answers from a [`CacheStore`] or loads, and of many callers who want the same cold key one
//! loads. A value is kept under tags; who changed something invalidates its tags after the commit, and other processes
//! do the same when the event of the change reaches them ([`follow`]). Expiry is the safety net and not the rule.
//!
//! **A value that was read before a change is not told after its invalidation.** A loader takes a stamp before it
//! reads; an invalidation moves the stamp of its tags; a value is told only while no tag of it has moved past its
//! stamp. So it does not matter which of fill and invalidation comes first.
//!
//! A cache that fails is a slow shop and not a broken one: then values are loaded each time. It refuses to cache
//! failures, and to be the only place where anything is.

mod cache;
mod flight;
mod follow;
mod metrics;
mod policy;
mod store;

pub use cache::{Cache, Loaded};
pub use follow::follow;
pub use metrics::Metrics;
pub use policy::Policy;
pub use store::{CacheStore, Entry, Kept, Stamp, Tag, Usage};
