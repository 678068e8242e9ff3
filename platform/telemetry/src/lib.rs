//! What a process tells about itself: logs, metrics and traces.
//!
//! Nothing here may block or fail a request. A full log queue drops lines, a full span queue drops spans, a metric
//! with too many label values folds the rest into one series; each of these is counted. Logs and spans have one sink
//! a process, as standard error is one, and [`init`] installs it; metrics are handed around as a [`Registry`].

pub mod heap;
pub mod log;
pub mod options;
pub mod process;
pub mod registry;
mod start;
pub mod trace;

pub use heap::{Heap, HeapFigures};
pub use options::{LogFormat, Options};
pub use registry::{Counter, Gauge, Histogram, LATENCY_SECONDS, OPENMETRICS, Registry, SIZE_BYTES};
pub use start::{CODES, Guard, TELEMETRY_UNUSABLE, init};
pub use trace::{
    Captured, FinishedSpan, Role, SpanGuard, capture, entry_span, late_span, root_span, span, span_as,
};
