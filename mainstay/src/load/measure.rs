//! What the requests of a load took, and how they ended.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use mainstay_core::{Result, codes};
use parking_lot::Mutex;
use serde::Serialize;

/// Longest time that is told apart, which is longer than any request may take.
const LONGEST_MICROS: u64 = 120_000_000;

/// Three figures of a time are right: 1.23 ms is not 1.24 ms.
const FIGURES: u8 = 3;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It did what it was for.
    Done,
    /// The shop said no, as it may: sold out, or another price.
    Refused,
    /// The shop could not, or nobody answered.
    Failed,
}

/// Times by kind of request.
#[derive(Default)]
pub struct Measure(Mutex<BTreeMap<&'static str, Kind>>);

struct Kind {
    times: Histogram<u64>,
    refused: u64,
    failed: u64,
}

/// One kind of request, as it is told.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub request: &'static str,
    pub count: u64,
    pub refused: u64,
    pub failed: u64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
}

impl Measure {
    /// Takes down how long a request took from when it was due.
    ///
    /// # Errors
    /// `core.internal` when there is no memory for the times.
    pub fn record(&self, request: &'static str, took: Duration, ending: Ending) -> Result<()> {
        let mut kinds = self.0.lock();
        if !kinds.contains_key(request) {
            let times = Histogram::new_with_max(LONGEST_MICROS, FIGURES)
                .map_err(|error| codes::INTERNAL.because("times cannot be kept", error))?;
            kinds.insert(request, Kind { times, refused: 0, failed: 0 });
        }
        if let Some(kind) = kinds.get_mut(request) {
            kind.times.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST_MICROS));
            kind.refused += u64::from(ending == Ending::Refused);
            kind.failed += u64::from(ending == Ending::Failed);
        }
        Ok(())
    }

    /// Every kind of request that there was, by name.
    pub fn lines(&self) -> Vec<Line> {
        let kinds = self.0.lock();
        let line = |(request, kind): (&&'static str, &Kind)| {
            let millis = |quantile| kind.times.value_at_quantile(quantile) as f64 / 1_000.0;
            Line {
                request,
                count: kind.times.len(),
                refused: kind.refused,
                failed: kind.failed,
                p50_ms: millis(0.5),
                p90_ms: millis(0.9),
                p99_ms: millis(0.99),
                p999_ms: millis(0.999),
                max_ms: kind.times.max() as f64 / 1_000.0,
            }
        };
        kinds.iter().map(line).collect()
    }
}
