//! What an aggregate is, and what is known of each of its events.

use mainstay_core::{Id, IdKind, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that happened to an aggregate. Stored as the JSON that serde makes of it, for good.
pub trait DomainEvent: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// What kind of event it is, such as `placed`; kept for good.
    fn kind(&self) -> &'static str;

    /// The version of this kind's shape. A change that old JSON does not fit raises it and brings an
    /// [`Upcaster`](super::Upcaster) from the version before.
    fn schema(&self) -> u32 {
        1
    }
}

/// A thing whose state is the fold of its events.
pub trait Aggregate: Default + Send + Sync + 'static {
    /// Kept for good, such as `order`.
    const NAME: &'static str;

    /// The kind of its ids.
    type Kind: IdKind;

    type Event: DomainEvent;

    /// Takes an event in. It cannot fail: what is stored has happened, and rules are for those who append.
    fn apply(&mut self, event: &Self::Event);
}

/// An aggregate as it is after its event number `version`.
#[derive(Clone, Debug)]
pub struct Loaded<A> {
    pub aggregate: A,
    /// How many events it has; what [`append`](super::AggregateStore::append) expects.
    pub version: u64,
}

/// An event as it was stored.
pub struct Recorded<A: Aggregate> {
    /// Its place among the events of all aggregates of the database; grows with commit order.
    pub position: i64,
    pub id: Id<A::Kind>,
    /// Counts the aggregate's events from 1.
    pub version: u64,
    pub at: Timestamp,
    /// Who did it, as text.
    pub principal: String,
    /// The W3C traceparent of the work that did it.
    pub trace: String,
    pub event: A::Event,
}
