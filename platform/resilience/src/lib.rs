//! What stands between us and a dependency that is slow, sick or gone: a time limit, retries, a breaker, a bulkhead.
//!
//! [`Dependency`] puts the four together in the one order that makes sense. Each is a plain type with an async
//! method, aware of the caller's deadline and of nothing else. Only the caller nearest the user retries by default
//! (retries multiply), so nothing here is applied behind anybody's back.
//!
//! And what stands between others and us: [`limits`], how often somebody may do something.

pub mod breaker;
pub mod bulkhead;
pub mod codes;
pub mod dependency;
pub mod limits;
pub mod retry;
pub mod timeout;

pub use breaker::{Breaker, BreakerOptions};
pub use bulkhead::{Bulkhead, BulkheadOptions};
pub use codes::CODES;
pub use dependency::{Dependency, Options};
pub use limits::{Limits, MemoryLimits, Rate};
pub use retry::{Retry, RetryOptions};
pub use timeout::within;
