//! What is looked at.

use std::sync::Arc;

use mainstay_core::config::Setting;
use mainstay_core::{Result, codes};
use mainstay_events::Outbox;
use mainstay_http::Health;
use mainstay_sql::Database;
use mainstay_telemetry::Registry;
use mainstay_workflow::Sagas;
use serde_json::Value;

use crate::limits::Bound;

/// One service of the process.
#[derive(Clone)]
pub struct Subject {
    /// Its full name, such as `shop.orders`.
    pub name: &'static str,
    /// `None` for a service that keeps nothing.
    pub database: Option<Database>,
    pub sagas: Option<Sagas>,
    pub outbox: Option<Outbox>,
    /// Services that it calls or follows elsewhere.
    pub peers: Vec<String>,
}

/// What the operators' routes answer from.
pub struct Parts {
    pub subjects: Vec<Subject>,
    pub settings: Vec<Setting>,
    pub bounds: Vec<Bound>,
    pub health: Health,
    /// What the last process of the installation left behind when it ended.
    pub last_drain: Option<Value>,
    pub registry: Registry,
}

/// A process that can be looked at. Cheap to clone.
#[derive(Clone)]
pub struct Introspection(Arc<Parts>);

impl Introspection {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// The services, or the one that is asked for, which may be written with a slash.
    pub(crate) fn subjects(&self, wanted: Option<&str>) -> Result<Vec<&Subject>> {
        let Some(wanted) = wanted else { return Ok(self.0.subjects.iter().collect()) };
        let wanted = wanted.replace('/', ".");
        let found: Vec<&Subject> = self.0.subjects.iter().filter(|subject| subject.name == wanted).collect();
        if found.is_empty() {
            return Err(codes::NOT_FOUND.error(format!("this process does not run {wanted}")));
        }
        Ok(found)
    }

    pub(crate) fn database(&self, service: &str) -> Result<(&'static str, &Database)> {
        let subjects = self.subjects(Some(service))?;
        let subject = subjects.first().ok_or_else(|| codes::NOT_FOUND.error("no such service"))?;
        let database = subject.database.as_ref();
        let database = database.ok_or_else(|| codes::NOT_FOUND.error(format!("{service} keeps nothing")))?;
        Ok((subject.name, database))
    }
}
