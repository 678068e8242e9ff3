//! Jobs: work that a service owes itself, kept in its own database until it is done.
//!
//! A job is enqueued in the transaction of the change that calls for it and runs after the commit: once if all goes
//! well, again after a failure, with growing waits, until it succeeds or is dead and waits for a person. It runs as
//! whoever asked for it: tenant, principal and trace are stored with it.
//!
//! What it promises:
//! - *At least once.* A job that was running when its process died runs again. Its outside effects carry
//!   [`JobContext::key`], which stays the same, so that the other side can tell a repeat.
//! - *Unique where asked.* While a job with a unique key is queued or running, another one of its kind is not queued.
//! - *Priority.* The most urgent due job goes first; within a priority the longest due. A flood of urgent jobs starves
//!   the others: keep `High` for what people wait for.
//! - *Bounded.* At most [`Policy::concurrency`] of a kind and [`Jobs::CONCURRENCY`] in all run at a time; each attempt
//!   has a time limit. How many may be queued is bounded by the disk alone, like every table.
//! - *No faster than told.* A kind with a [`Rate`] starts so many in a time; the bucket is kept in the database, so a
//!   restart does not fill it.
//! - *One worker.* Jobs and schedules run under the service's lease. Who lost it is stopped and records nothing.
//! - *Schedules fire once.* The firing and the next time are one transaction. What was missed while nobody led fires
//!   once, late; a firing is passed over while the former one still runs. Times are UTC.
//!
//! A finished job is kept for a day, unless told otherwise, and then deleted; a dead one stays until a person retries or discards it
//! (see [`inspect`]).
//!
//! What it refuses: to run a job inside the transaction that enqueued it, to guarantee a moment (a busy service is
//! late), and to hide a failure.
//!
//! ```ignore
//! struct SendMail { notifier: Arc<dyn Notifier> }
//!
//! #[async_trait]
//! impl Job for SendMail {
//!     const KIND: &'static str = "shop.notifications.mail";
//!     type Payload = Mail;
//!
//!     async fn run(&self, cx: &JobContext, mail: Mail) -> Result<()> {
//!         self.notifier.send(cx.ctx(), &mail.message(cx.id())).await
//!     }
//! }
//!
//! jobs.register(SendMail { notifier })?;
//! jobs.schedule("nightly-report", "0 3 * * *", NewJob::of::<Report>(&ReportFor::Yesterday)?)?;
//! // In a transaction:
//! jobs.enqueue(tx, ctx, NewJob::of::<SendMail>(&mail)?.unique(&order_id.to_string()))?;
//! ```

mod backoff;
pub mod codes;
pub mod inspect;
mod job;
mod jobs;
mod metrics;
mod migrations;
mod new_job;
mod rate;
mod runner;
mod schedule;
mod store;
mod trace;

pub use codes::CODES;
pub use job::{Job, JobContext, JobKind, Policy};
pub use jobs::{Enqueued, Jobs};
pub use metrics::Metrics;
pub use migrations::MIGRATIONS;
pub use new_job::{MAX_PAYLOAD_BYTES, MAX_UNIQUE_KEY_BYTES, NewJob, Priority};
pub use rate::Rate;
