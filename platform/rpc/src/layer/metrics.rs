//! How often, how long and with what outcome, for each method on each side.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use mainstay_core::{Kind, Stopwatch, TraceContext};
use mainstay_telemetry::{Counter, Gauge, Latency, Registry, Text};
use parking_lot::RwLock;

use crate::status::{grpc_code, label};

/// gRPC's codes are numbered from 0 to 16.
const OUTCOMES: usize = 17;

/// Which side counts.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Caller,
    Callee,
}

/// The figures of one method on one side.
pub(crate) struct MethodFigures {
    registry: Registry,
    side: Side,
    peer: String,
    method: String,
    // Looked up when an outcome first occurs: most methods only ever know three of them.
    outcomes: [OnceLock<Counter>; OUTCOMES],
    /// What spans of this method are called.
    pub(crate) span_name: Text,
    seconds: Latency,
    running: Gauge,
}

impl MethodFigures {
    /// `method` is a path such as `/shop.payments.v1.Payments/Capture`; `peer` the other side, empty when unknown.
    pub(crate) fn new(registry: &Registry, side: Side, peer: &str, method: &str) -> Self {
        let labels = [("method", method), ("peer", peer)];
        let (seconds, running) = match side {
            Side::Caller => (
                registry.latency("rpc_client_seconds", "How long calls to other services took.", &labels),
                registry.gauge("rpc_client_running", "Calls to other services under way.", &labels),
            ),
            Side::Callee => (
                registry.latency("rpc_server_seconds", "How long other services' calls took.", &labels[..1]),
                registry.gauge("rpc_server_running", "Other services' calls under way.", &labels[..1]),
            ),
        };
        Self {
            registry: registry.clone(),
            side,
            peer: peer.to_owned(),
            method: method.to_owned(),
            outcomes: Default::default(),
            span_name: method.trim_start_matches('/').to_owned().into(),
            seconds,
            running,
        }
    }

    /// Counts a call in; dropping the answer without an outcome counts it as cancelled.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        self.running.inc();
        Running {
            figures: Arc::clone(self),
            since: Stopwatch::start(),
            outcome: Some(Kind::Cancelled),
            example: None,
        }
    }

    fn count(&self, outcome: Option<Kind>) {
        let place = outcome.map_or(0, |kind| grpc_code(kind) as usize);
        let Some(counter) = self.outcomes.get(place) else { return };
        counter.get_or_init(|| self.counter(outcome)).inc();
    }

    fn counter(&self, outcome: Option<Kind>) -> Counter {
        let labels = [("code", label(outcome)), ("method", &self.method), ("peer", &self.peer)];
        match self.side {
            Side::Caller => self.registry.counter("rpc_client_calls", "Calls to other services.", &labels),
            Side::Callee => self.registry.counter("rpc_server_calls", "Other services' calls.", &labels[..2]),
        }
    }
}

/// A call under way.
pub(crate) struct Running {
    figures: Arc<MethodFigures>,
    since: Stopwatch,
    outcome: Option<Kind>,
    example: Option<TraceContext>,
}

impl Running {
    /// What spans of the method are called.
    pub(crate) fn span_name(&self) -> Text {
        self.figures.span_name.clone()
    }

    /// The trace of the call, which stands as an example beside its duration when it is kept.
    pub(crate) fn belongs_to(&mut self, trace: TraceContext) {
        self.example = trace.sampled.then_some(trace);
    }

    /// `None` is success.
    pub(crate) fn end(mut self, outcome: Option<Kind>) {
        self.outcome = outcome;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.figures.running.dec();
        self.figures.seconds.observe(self.since.elapsed(), self.example);
        self.figures.count(self.outcome);
    }
}

/// The figures of a caller's methods, found by path. Paths come from generated clients, so there are as many as the
/// contract has methods.
pub(crate) struct CallerFigures {
    registry: Registry,
    peer: String,
    methods: RwLock<HashMap<String, Arc<MethodFigures>>>,
}

impl CallerFigures {
    pub(crate) fn new(registry: Registry, peer: &str) -> Self {
        Self { registry, peer: peer.to_owned(), methods: RwLock::default() }
    }

    pub(crate) fn begin(&self, path: &str) -> Running {
        if let Some(figures) = self.methods.read().get(path) {
            return figures.begin();
        }
        let figures = Arc::new(MethodFigures::new(&self.registry, Side::Caller, &self.peer, path));
        Arc::clone(self.methods.write().entry(path.to_owned()).or_insert(figures)).begin()
    }
}
