//! What the service measures.

use std::time::Duration;

use mainstay_telemetry::Registry;
use mainstay_telemetry::registry::{Counter, Histogram, LATENCY_SECONDS};

/// The calls that a provider is sent, as labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Authorise,
    Capture,
    Void,
    Refund,
    Find,
    List,
}

impl Operation {
    const ALL: [Self; 6] = [Self::Authorise, Self::Capture, Self::Void, Self::Refund, Self::Find, Self::List];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorise => "authorise",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Find => "find",
            Self::List => "list",
        }
    }

    /// The name of a call's span.
    pub const fn span(self) -> &'static str {
        match self {
            Self::Authorise => "provider authorise",
            Self::Capture => "provider capture",
            Self::Void => "provider void",
            Self::Refund => "provider refund",
            Self::Find => "provider find",
            Self::List => "provider list",
        }
    }
}

/// Handles to the service's metrics.
pub struct Metrics {
    calls: [Call; Operation::ALL.len()],
    pub webhooks_taken: Counter,
    pub webhooks_repeated: Counter,
    pub webhooks_refused: Counter,
    pub differences: Counter,
}

struct Call {
    seconds: Histogram,
    failures: Counter,
}

impl Metrics {
    pub fn register(registry: &Registry) -> Self {
        let call = |operation: Operation| {
            let labels = [("operation", operation.name())];
            Call {
                seconds: registry.histogram(
                    "payments_provider_call_seconds",
                    "How long the provider took to answer, in seconds, failures included",
                    &labels,
                    LATENCY_SECONDS,
                ),
                failures: registry.counter(
                    "payments_provider_failures",
                    "Calls to the provider that brought no answer or a refusal",
                    &labels,
                ),
            }
        };
        let webhooks = |outcome| {
            registry.counter(
                "payments_webhooks",
                "Webhooks that arrived, by outcome",
                &[("outcome", outcome)],
            )
        };
        Self {
            calls: Operation::ALL.map(call),
            webhooks_taken: webhooks("taken"),
            webhooks_repeated: webhooks("repeated"),
            webhooks_refused: webhooks("refused"),
            differences: registry.counter(
                "payments_reconciliation_differences",
                "Differences that reconciliations have named",
                &[],
            ),
        }
    }

    pub fn called(&self, operation: Operation, took: Duration, failed: bool) {
        let call = &self.calls[operation as usize];
        call.seconds.observe(took.as_secs_f64());
        if failed {
            call.failures.inc();
        }
    }
}
