//! Work that spans services and outlives the process: sagas, and the event-sourced aggregates that they change.
//!
//! A saga is a list of named steps that runs once per id, survives a crash at any of them, and ends in a state that
//! its owner can name: done, undone, or parked with a reason in front of a person. It lives in tables of its service's
//! own database, so that it starts in the caller's transaction and each of its steps is one small write.
//!
//! This crate refuses to be a general workflow engine: there are no branches, no loops and no child runs. What differs
//! between runs is in their state, and a step that has nothing to do says so.

pub mod aggregate;
pub mod codes;
pub mod migrations;
pub mod saga;

pub use aggregate::{
    Aggregate, AggregateStore, DomainEvent, Loaded, Projection, Recorded, Upcaster, generation,
};
pub use codes::CODES;
pub use migrations::MIGRATIONS;
pub use saga::{
    Definition, Delivery, Failure, Filter, JournalEntry, JournalKind, Note, Options, Progress, RunEnd,
    RunKind, RunState, RunStatus, Saga, Sagas, Signal, Snapshot, Step, StepContext, StepPolicy, Watch,
};
