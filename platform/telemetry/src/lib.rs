//! What a process tells about itself: logs, metrics and traces.
//!
//! Nothing here may block or fail a request. A full log queue drops lines, a full span queue drops spans, a metric
//! with too many label values folds the rest into one series; each of these is counted. What came from outside is
//! masked before anybody sees it. Logs and spans have one sink a process, as standard error is one, and [`init`]
//! installs it; metrics are handed around as a [`Registry`].

mod export;
pub mod exposition;
pub mod feed;
pub mod heap;
pub mod log;
pub mod mask;
pub mod options;
pub mod otlp;
pub mod process;
pub mod queue;
pub mod registry;
mod start;
pub mod text;
pub mod trace;

pub use feed::Told;
pub use heap::{Heap, HeapFigures};
pub use log::Line;
pub use options::{LogFormat, Options};
pub use queue::Queue;
pub use registry::{Counter, Gauge, Histogram, LATENCY_SECONDS, Latency, OPENMETRICS, Registry, SIZE_BYTES};
pub use start::{CODES, Guard, TELEMETRY_UNUSABLE, init};
pub use text::{Text, Value};
pub use trace::{
    BriefSpan, Captured, FinishedSpan, Role, SERVICE, SpanGuard, SpanName, capture, drawn_span_as,
    entry_span, is_recorded, late_span, open_spans, root_span, span, span_as,
};
