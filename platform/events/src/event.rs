//! What an event is: a protobuf message with a type name, and the topic it is told on.

use std::marker::PhantomData;

use mainstay_core::IdKind;

/// A message that a service tells. Implemented in its contracts crate, once for each generated message.
pub trait Event: prost::Message + Default + Send + Sync + 'static {
    /// The full name of the message, such as `shop.inventory.v1.StockChanged`; CloudEvents' `type`.
    const TYPE: &'static str;
}

/// Ids of events.
pub enum EventKind {}
impl IdKind for EventKind {
    const PREFIX: &'static str = "evt";
}

/// A named sequence of events of one type, told by one producer. Declared as a constant in the producer's contracts
/// crate.
pub struct Topic<E> {
    name: &'static str,
    event: PhantomData<fn() -> E>,
}

impl<E: Event> Topic<E> {
    /// `name` is `<service>.<what>`, such as `shop.inventory.stock`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, event: PhantomData }
    }
}

impl<E> Topic<E> {
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<E> Clone for Topic<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Topic<E> {}

impl<E> std::fmt::Debug for Topic<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
