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

/// Most reasons that are told apart of one kind of request; a shop has a handful.
const REASONS_MAX: usize = 20;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It did what it was for.
    Done,
    /// The shop said no, as it may: sold out, or another price. By the code of its answer.
    Refused(String),
    /// The shop could not, or nobody answered.
    Failed,
}

/// Times by kind of request.
#[derive(Default)]
pub struct Measure(Mutex<BTreeMap<&'static str, Kind>>);

struct Kind {
    times: Histogram<u64>,
    refused: u64,
    reasons: BTreeMap<String, u64>,
    failed: u64,
}

/// One kind of request, as it is told.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub request: &'static str,
    pub count: u64,
    pub refused: u64,
    /// How often by the code of the refusal.
    pub reasons: BTreeMap<String, u64>,
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
            kinds.insert(request, Kind { times, refused: 0, reasons: BTreeMap::new(), failed: 0 });
        }
        if let Some(kind) = kinds.get_mut(request) {
            kind.times.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST_MICROS));
            match ending {
                Ending::Done => {}
                Ending::Refused(code) => {
                    kind.refused += 1;
                    let is_known = kind.reasons.contains_key(&code) || kind.reasons.len() < REASONS_MAX;
                    *kind.reasons.entry(if is_known { code } else { "other".into() }).or_default() += 1;
                }
                Ending::Failed => kind.failed += 1,
            }
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
                reasons: kind.reasons.clone(),
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
