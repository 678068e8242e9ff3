//! Event-sourced aggregates: things whose truth is what happened to them.
//!
//! An aggregate's events are appended with an optimistic version, so two writers who read the same version cannot both
//! win. What is derived is droppable: snapshots are caches of the fold, projections are rebuilt from the events while
//! their readers go on. Events that are old can be packed into an archive, where everybody still finds them. What was stored is never rewritten: an old event is brought up to date when it is read, by
//! upcasters that are pure.

mod archive;
mod event;
mod projection;
mod rebuild;
mod snapshot;
mod store;
mod upcast;

pub use archive::Archived;
pub use event::{Aggregate, DomainEvent, Loaded, Recorded};
pub use projection::{Projection, generation};
pub use rebuild::{BATCH as REBUILD_BATCH, Rebuilt};
pub use store::{AggregateStore, Builder};
pub use upcast::{Sample, Upcaster};
