//! The metrics of a process, handed around as a cheap clone.
//!
//! Several services in one process report the same metrics. So a name is registered once, whoever asks first, and
//! each service gets its own series through the `service` label of its [`Registry::scoped`] handle. A handle
//! ([`Counter`], [`Gauge`], [`Histogram`]) is looked up once and kept by its owner: counting is then an atomic add,
//! without a map or a label in the way.

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::TraceContext;
use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::EncodeMetric;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::registry::{Metric, Registry as Exposition};

pub use prometheus_client::metrics::counter::Counter;
pub use prometheus_client::metrics::gauge::Gauge;
pub use prometheus_client::metrics::histogram::Histogram;

/// The media type of [`Registry::encode`].
pub const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds for durations in seconds: from a call in the process to a provider that takes its time.
pub const LATENCY_SECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// Upper bounds for sizes in bytes.
pub const SIZE_BYTES: &[f64] =
    &[128.0, 512.0, 2_048.0, 8_192.0, 32_768.0, 131_072.0, 1_048_576.0, 8_388_608.0];

/// Every metric's name begins so.
const PREFIX: &str = "mainstay";

/// More series than this of one metric mean that a label is unbounded; further ones are folded into one whose label
/// values read `other`, so that a scrape and its memory stay bounded.
const SERIES_MAX: usize = 2_000;

type Labels = Vec<(&'static str, String)>;

/// Where metrics are registered and read. Cheap to clone.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
    service: Option<Arc<str>>,
}

struct Shared {
    exposition: Mutex<Exposition>,
    // A `Known` by the name it was registered under, as the type that its first caller asked for.
    families: Mutex<HashMap<&'static str, Box<dyn Any + Send>>>,
}

struct Known<M, C> {
    family: Family<Labels, M, C>,
    series: HashSet<Labels>,
}

#[derive(Clone)]
struct Buckets(&'static [f64]);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// What a bucket's example is named by.
type Exemplar = [(&'static str, String); 1];

impl MetricConstructor<HistogramWithExemplars<Exemplar>> for Buckets {
    fn new_metric(&self) -> HistogramWithExemplars<Exemplar> {
        HistogramWithExemplars::new(self.0.iter().copied())
    }
}

/// A histogram of durations in seconds that remembers for each bucket the latest trace that fell into it.
#[derive(Clone, Debug)]
pub struct Latency(HistogramWithExemplars<Exemplar>);

impl Latency {
    /// Counts a duration. `example` is given for a trace that is kept, so that whoever sees the bucket can look it up.
    pub fn observe(&self, duration: Duration, example: Option<TraceContext>) {
        let example = example.map(|trace| [("trace_id", format!("{:032x}", trace.trace_id))]);
        self.0.observe(duration.as_secs_f64(), example, None);
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    pub fn new() -> Self {
        let shared =
            Shared { exposition: Mutex::new(Exposition::with_prefix(PREFIX)), families: Mutex::default() };
        Self { shared: Arc::new(shared), service: None }
    }

    /// The same metrics, with the label `service` on whatever is looked up through this handle.
    #[must_use]
    pub fn scoped(&self, service: &str) -> Self {
        Self { shared: Arc::clone(&self.shared), service: Some(Arc::from(service)) }
    }

    /// The service that this handle is scoped to.
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// The counter `mainstay_<name>_total` with these labels; asking again returns the same one.
    pub fn counter(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
    ) -> Counter {
        self.series(name, help, labels, Counter::default as fn() -> Counter)
    }

    /// The gauge `mainstay_<name>` with these labels; asking again returns the same one.
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: &[(&'static str, &str)]) -> Gauge {
        self.series(name, help, labels, Gauge::default as fn() -> Gauge)
    }

    /// The histogram `mainstay_<name>` with these labels; asking again returns the same one, with the bounds of the
    /// first who asked.
    pub fn histogram(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        bounds: &'static [f64],
    ) -> Histogram {
        self.series(name, help, labels, Buckets(bounds))
    }

    /// The histogram `mainstay_<name>` of durations in seconds, whose buckets name a trace as an example.
    pub fn latency(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
    ) -> Latency {
        Latency(self.series(name, help, labels, Buckets(LATENCY_SECONDS)))
    }

    /// Registers a metric of the caller's own making as `mainstay_<name>`.
    pub fn register(&self, name: &'static str, help: &'static str, metric: impl Metric) {
        self.shared.exposition.lock().register(name, help, metric);
    }

    /// Registers something that is asked for its figures at each scrape.
    pub fn collect(&self, collector: impl Collector) {
        self.shared.exposition.lock().register_collector(Box::new(collector));
    }

    /// Everything in the OpenMetrics text format, see [`OPENMETRICS`].
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        // Only a collector can fail here; what was written until then is still worth reading.
        if encode(&mut text, &self.shared.exposition.lock()).is_err() {
            tracing::error!("a metrics collector failed");
        }
        text
    }

    fn series<M, C>(
        &self,
        name: &'static str,
        help: &'static str,
        labels: &[(&'static str, &str)],
        constructor: C,
    ) -> M
    where
        M: Clone + fmt::Debug + EncodeMetric + TypedMetric + Send + Sync + 'static,
        C: MetricConstructor<M> + Clone + Send + Sync + 'static,
    {
        let mut labels: Labels = labels.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        if let Some(service) = &self.service {
            labels.push(("service", service.to_string()));
        }
        let mut families = self.shared.families.lock();
        let known = families.entry(name).or_insert_with(|| {
            let family = Family::<Labels, M, C>::new_with_constructor(constructor.clone());
            self.shared.exposition.lock().register(name, help, family.clone());
            Box::new(Known { family, series: HashSet::new() })
        });
        let Some(known) = known.downcast_mut::<Known<M, C>>() else {
            tracing::error!(metric = name, "registered as two types; the second one is not shown");
            return constructor.new_metric();
        };
        if known.series.len() >= SERIES_MAX && !known.series.contains(&labels) {
            for (_, value) in &mut labels {
                "other".clone_into(value);
            }
        }
        let metric = known.family.get_or_create_owned(&labels);
        known.series.insert(labels);
        metric
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("service", &self.service).finish_non_exhaustive()
    }
}
