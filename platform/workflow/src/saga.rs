//! Sagas: durable, compensating runs of named steps.
//!
//! # What a definition promises
//! Each step is *repeatable* under its key ([`StepContext::key`]): a call that timed out is asked again under the same
//! key, after a crash too, so the receiver must know the key. Each undo is repeatable as well, succeeds when there is
//! nothing to undo, and wins over an action that arrives late: the receiver remembers the undo and refuses the action.
//!
//! # What a run promises
//! - One write a step. It holds the step's local effect ([`Step::record`]), the state after it and the mark that it is
//!   done; the last one also ends the run.
//! - Before the pivot a failure turns the run back: the failing step and all before it are undone, last first. After
//!   the pivot it only goes forward. Where it cannot go on it is parked with a reason, for a person to resume.
//! - At the pivot itself an unknown outcome is not a failure: the run asks again until it knows.
//! - It goes on under the definition that began it, in the context that began it.
//!
//! # Why a journal, and why one task a run
//! A run's position could be a row that is updated; an append-only journal costs the same write and leaves what an
//! operator needs: attempts, times, errors, and the state after each step. One task carries a run from start to end,
//! because between two steps there is nothing to wait for; the table is asked only when a run begins, wakes or resumes.

mod attempt;
mod backoff;
mod check;
mod commit;
mod definition;
mod dispatcher;
mod executor;
mod failure;
mod handle;
mod inspect;
mod journal;
mod load;
mod metrics;
mod operate;
mod position;
mod prune;
mod runs;
mod sagas;
mod signals;
mod status;
mod step;
mod step_context;
mod verdict;
mod watch;

pub use definition::{Definition, RunEnd};
pub use failure::Failure;
pub use handle::Saga;
pub use inspect::Filter;
pub use journal::{JournalEntry, JournalKind, Note};
pub use prune::ended;
pub use sagas::{Options, Sagas};
pub use signals::{Delivery, Signal};
pub use status::{RunKind, RunState, RunStatus, Snapshot};
pub use step::{Progress, Step, StepPolicy};
pub use step_context::StepContext;
pub use watch::Watch;
