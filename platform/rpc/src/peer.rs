//! A typed handle to a service that is called.

use crate::channel::Channel;

/// A service's client on its channel: what a service keeps for each peer that it declares.
#[derive(Clone, Debug)]
pub struct Peer<C> {
    client: C,
}

impl<C: Clone> Peer<C> {
    /// `new` is the generated client's constructor, such as `PaymentsClient::new`.
    pub fn new(channel: Channel, new: impl FnOnce(Channel) -> C) -> Self {
        Self { client: new(channel) }
    }

    /// A client to make one call with; generated clients take themselves by exclusive reference.
    pub fn client(&self) -> C {
        self.client.clone()
    }
}
