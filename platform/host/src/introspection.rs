//! What the host knows about its process, for the operators' routes.

use mainstay_core::config::Setting;
use mainstay_http::Health;
use mainstay_introspection::limits::Bound;
use mainstay_introspection::{Introspection, Parts, Subject};

use crate::background::Background;
use crate::last_drain;
use crate::process::Process;
use crate::settings::Settings;

/// The process as operators look at it.
pub(crate) fn of(
    process: &Process,
    background: &[Background],
    settings: Vec<Setting>,
    health: &Health,
) -> Introspection {
    let subjects = background.iter().map(|work| {
        let parts = work.parts();
        Subject {
            name: work.name(),
            database: work.database().cloned(),
            sagas: parts.sagas.clone(),
            outbox: parts.outbox.clone(),
            peers: parts.peers.iter().cloned().collect(),
        }
    });
    Introspection::new(Parts {
        subjects: subjects.collect(),
        settings,
        bounds: bounds(&process.settings),
        health: health.clone(),
        last_drain: last_drain::read(&process.settings.process.data),
        registry: process.registry.clone(),
    })
}

/// The bounds that the host sets, with the metrics that tell how much of them is used.
fn bounds(settings: &Settings) -> Vec<Bound> {
    let http = &settings.http;
    vec![
        Bound {
            name: "requests in flight",
            limit: Some(http.in_flight_max as u64),
            key: "http.in_flight_max",
            used: "mainstay_http_in_flight",
            refused: Some("mainstay_http_shed_total"),
        },
        Bound {
            name: "connections",
            limit: Some(http.connections_max as u64),
            key: "http.connections_max",
            used: "mainstay_http_connections",
            refused: None,
        },
        Bound {
            name: "work that computes, waiting",
            limit: Some(settings.process.cpu_queue as u64),
            key: "process.cpu_queue",
            used: "mainstay_cpu_pool_depth",
            refused: Some("mainstay_cpu_pool_rejected_total"),
        },
        Bound {
            name: "calls that block, waiting",
            limit: Some(settings.process.blocking_queue as u64),
            key: "process.blocking_queue",
            used: "mainstay_blocking_pool_depth",
            refused: Some("mainstay_blocking_pool_rejected_total"),
        },
        Bound {
            name: "breakers that are open",
            limit: None,
            key: "",
            used: "mainstay_resilience_breaker_open",
            refused: Some("mainstay_resilience_breaker_refused_total"),
        },
        Bound {
            name: "calls within bulkheads",
            limit: None,
            key: "",
            used: "mainstay_resilience_bulkhead_in_use",
            refused: Some("mainstay_resilience_bulkhead_refused_total"),
        },
    ]
}
