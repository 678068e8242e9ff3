//! Whether the process has started, is alive and is ready, by checks with names.
//!
//! A check either gates readiness or is only reported: a service gates on its own database; a sick peer is reported,
//! or one sick service would take every other out of the balancer. Results are kept for a second, so that a storm of
//! probes is not a storm of checks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use mainstay_core::{Clock, Monotonic, Result};
use parking_lot::RwLock;
use serde::Serialize;
use tokio::sync::Mutex;

/// How long the result of a check is good for.
const RESULT_AGE_MAX: Duration = Duration::from_secs(1);

/// A check that takes longer has failed: a probe of an orchestrator seldom waits for more.
const CHECK_TIME_MAX: Duration = Duration::from_millis(800);

/// What a failed check means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The process is not ready.
    Gates,
    /// It is worth telling, and no more.
    Reports,
}

type Probe = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

struct Check {
    name: String,
    weight: Weight,
    probe: Probe,
    last: Mutex<Option<(Monotonic, Option<String>)>>,
}

/// The health of a process. Cheap to clone.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    clock: Clock,
    started: AtomicBool,
    draining: AtomicBool,
    checks: RwLock<Vec<Arc<Check>>>,
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub name: String,
    pub ok: bool,
    pub gates: bool,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What a probe is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `ready`, `starting`, `draining` or `failing`.
    pub status: &'static str,
    pub checks: Vec<Finding>,
}

impl Report {
    pub fn is_ready(&self) -> bool {
        self.status == "ready"
    }
}

impl Health {
    pub fn new(clock: &Clock) -> Self {
        Self(Arc::new(Inner {
            clock: clock.clone(),
            started: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            checks: RwLock::default(),
        }))
    }

    /// Adds a check. It is run when somebody asks, at most once a second.
    pub fn check<F, P>(&self, name: impl Into<String>, weight: Weight, probe: F)
    where
        F: Fn() -> P + Send + Sync + 'static,
        P: Future<Output = Result<()>> + Send + 'static,
    {
        let probe: Probe = Box::new(move || Box::pin(probe()));
        self.0.checks.write().push(Arc::new(Check {
            name: name.into(),
            weight,
            probe,
            last: Mutex::default(),
        }));
    }

    /// Says that everything is mounted and runs.
    pub fn set_started(&self) {
        self.0.started.store(true, Ordering::Release);
    }

    /// Says that the process is about to end: it is not ready from now on.
    pub fn set_draining(&self) {
        self.0.draining.store(true, Ordering::Release);
    }

    pub fn is_started(&self) -> bool {
        self.0.started.load(Ordering::Acquire)
    }

    /// Whether work should be sent here, with the findings of all checks.
    pub async fn report(&self) -> Report {
        let checks: Vec<_> = self.0.checks.read().clone();
        let checks = join_all(checks.iter().map(|check| self.run(check))).await;
        let failing = checks.iter().any(|finding| finding.gates && !finding.ok);
        let status = if self.0.draining.load(Ordering::Acquire) {
            "draining"
        } else if !self.is_started() {
            "starting"
        } else if failing {
            "failing"
        } else {
            "ready"
        };
        Report { status, checks }
    }

    async fn run(&self, check: &Check) -> Finding {
        // Those who ask at once wait for one run.
        let mut last = check.last.lock().await;
        let now = self.0.clock.monotonic();
        let message = match &*last {
            Some((at, message)) if now.since(*at) < RESULT_AGE_MAX => message.clone(),
            _ => {
                let outcome = self.0.clock.timeout(CHECK_TIME_MAX, (check.probe)()).await;
                let message = match outcome {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => {
                        tracing::warn!(check = check.name, error = error.chain(), "a health check failed");
                        Some(error.message().to_owned())
                    }
                    Err(_) => Some("no answer in time".to_owned()),
                };
                *last = Some((now, message.clone()));
                message
            }
        };
        Finding {
            name: check.name.clone(),
            ok: message.is_none(),
            gates: check.weight == Weight::Gates,
            message,
        }
    }
}
