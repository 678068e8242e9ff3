//! What a service tells the harness about the surroundings of its saga.

use async_trait::async_trait;
use mainstay_core::Context;
use mainstay_sql::{Database, MigrationSet};
use mainstay_workflow::{Definition, RunState};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Everything that a saga acts on, apart from its service's own database: its peers, as fakes that keep what was done
/// to them. It outlives the process that executes the saga.
#[async_trait]
pub trait World: Send + Sync + 'static {
    type State: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// The service's own tables.
    fn migrations(&self) -> Vec<MigrationSet> {
        Vec::new()
    }

    /// Puts rows into the service's tables that the saga expects there.
    async fn prepare(&self, _db: &Database) {}

    /// The saga, with steps that act on this world; asked again for each process.
    fn definition(&self, db: &Database) -> Definition<Self::State>;

    /// What the run begins with, such that it goes well.
    fn state(&self) -> Self::State;

    /// In whose name it is started.
    fn context(&self) -> Context {
        Context::background("test.service")
    }

    /// The payload with which the outside answers a run that waits for a signal; without one its time passes.
    fn signal(&self, _name: &str) -> Option<serde_json::Value> {
        None
    }

    /// What must hold when the run has ended, `Done` or `Undone`; an error says what does not.
    async fn check(&self, db: &Database, end: &RunState, state: &Self::State) -> Result<(), String>;
}
