//! What services promise to outsiders and to each other, gathered without starting them.

mod events;
mod messages;
mod proto_breaks;

use std::collections::BTreeSet;

use mainstay_core::{Code, Result};
use mainstay_events::{Event, Topic};
use mainstay_http::Routes;
use mainstay_http::contract::{Route, openapi};
use prost::Message;
use prost_types::FileDescriptorSet;
use serde_json::Value;

pub use events::EventContract;

/// What one service, or several together, promise.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    routes: Vec<Route>,
    events: Vec<EventContract>,
    calls: Vec<&'static [u8]>,
    anywhere: Vec<&'static Code>,
}

impl Contract {
    /// Promises nothing, so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what outsiders call.
    #[must_use]
    pub fn http<S: Clone + Send + Sync + 'static>(mut self, routes: &Routes<S>) -> Self {
        self.routes.extend_from_slice(routes.described());
        self
    }

    /// Adds what peers call, by the descriptors of its files.
    #[must_use]
    pub fn rpc(mut self, descriptors: &'static [u8]) -> Self {
        self.calls.push(descriptors);
        self
    }

    /// Adds what the service tells.
    #[must_use]
    pub fn tells<E: Event>(mut self, topic: &Topic<E>, descriptors: &'static [u8]) -> Self {
        self.events.push(EventContract::of(topic, descriptors));
        self
    }

    /// Adds codes that any route of the process may refuse with, such as those of whoever keeps the sessions.
    #[must_use]
    pub fn refuses_anywhere(mut self, codes: &[&'static Code]) -> Self {
        self.anywhere.extend_from_slice(codes);
        self
    }

    /// Adds what another service promises.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.routes.extend(other.routes);
        self.events.extend(other.events);
        self.calls.extend(other.calls);
        self.anywhere.extend(other.anywhere);
        self
    }

    /// The routes.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The events.
    pub fn events(&self) -> &[EventContract] {
        &self.events
    }

    /// The document of OpenAPI 3.1, its members in the order of their names: so it is the same text from any build.
    pub fn openapi(&self) -> Value {
        let mut document = openapi("Mainstay", &self.routes, &self.anywhere);
        document.sort_all_objects();
        document
    }

    /// The document of AsyncAPI 3.0, ordered likewise.
    ///
    /// # Errors
    /// `core.internal` when descriptors cannot be read.
    pub fn asyncapi(&self) -> Result<Value> {
        let mut document = events::asyncapi(&self.events)?;
        document.sort_all_objects();
        Ok(document)
    }

    /// The files of all calls and events, each once and without comments, ordered by name.
    ///
    /// # Errors
    /// `core.internal` when descriptors cannot be read.
    pub fn descriptors(&self) -> Result<Vec<u8>> {
        Ok(self.files()?.encode_to_vec())
    }

    /// Sentences on what would break peers that were built with the files of `earlier`.
    ///
    /// # Errors
    /// `core.internal` when descriptors cannot be read.
    pub fn proto_breaks(&self, earlier: &[u8]) -> Result<Vec<String>> {
        Ok(proto_breaks::breaks(&events::files(earlier)?, &self.files()?))
    }

    fn files(&self) -> Result<FileDescriptorSet> {
        let mut all = FileDescriptorSet::default();
        for descriptors in self.calls.iter().copied().chain(self.events.iter().map(|event| event.descriptors))
        {
            for mut file in events::files(descriptors)?.file {
                file.source_code_info = None;
                if !all.file.iter().any(|known| known.name() == file.name()) {
                    all.file.push(file);
                }
            }
        }
        all.file.sort_by(|one, other| one.name().cmp(other.name()));
        Ok(all)
    }

    /// The routes that only one of the two has: none, when a service mounts what it promises.
    pub(crate) fn differences(&self, mounted: &[Route]) -> Vec<String> {
        let names = |routes: &[Route]| {
            routes.iter().map(|route| format!("{} {}", route.method, route.path)).collect::<BTreeSet<_>>()
        };
        names(&self.routes).symmetric_difference(&names(mounted)).cloned().collect()
    }
}
