//! Finds the rules of the route that is asked for.

use std::sync::Arc;

use mainstay_core::Clock;

use crate::policy::Table;
use crate::visit::Exchange;

/// Looks into the table of policies.
pub(crate) struct Rules {
    table: Arc<Table>,
    clock: Clock,
}

impl Rules {
    pub(super) fn new(table: Arc<Table>, clock: Clock) -> Self {
        Self { table, clock }
    }

    pub(super) fn enter(&self, exchange: &mut Exchange) {
        let request = &exchange.request;
        let policy = self.table.find(request.method(), request.uri().path());
        if let Some(limit) = policy.time_limit {
            exchange.deadline = self.clock.monotonic() + limit;
        }
        exchange.policy = Arc::clone(policy);
    }
}
