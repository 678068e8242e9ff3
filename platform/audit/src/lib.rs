//! The audit log: who did what, when, from where, and what it was before and after.
//!
//! It is a table of the service's own database, and [`Audit::record`] writes in the transaction of the change: there is no
//! change without its line, and no line about what did not happen.
//!
//! What it promises:
//! - *Only added to.* The engine itself refuses to change or delete a line, and to add one out of turn.
//! - *Chained.* Each line holds the hash of the one before, over all that it says: an edit, a line taken out, put in or moved
//!   breaks the chain at its place, and [`verify`] names it. Whoever exports the lines can check that without any key.
//! - *Its end is known.* The number and hash of the last line are kept apart, sealed under the service's key: whoever
//!   takes lines off the end, or writes the whole chain anew, cannot seal the new end. Putting an old copy of the whole
//!   database in place is found by an [`Anchor`] that was kept elsewhere.
//!
//! What it refuses: to hold secrets (what is logged is what the caller chose to show), to be pruned, and to stand in for
//! events, which others act on.

mod anchor;
pub mod codes;
mod entry;
mod hash;
mod log;
mod migrations;
mod store;
mod verify;

pub use anchor::Anchor;
pub use codes::CODES;
pub use entry::{Entry, Line};
pub use log::Audit;
pub use migrations::MIGRATIONS;
pub use store::{LINES_MAX, list};
pub use verify::{Fault, Verified, verify};
