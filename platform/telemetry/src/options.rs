//! The `[telemetry]` section of the configuration.

use serde::{Deserialize, Serialize};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    Json,
    Text,
}

/// What to log, and where traces go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Filter directives such as `info` or `warn,mainstay_sql=debug`. Default: `info`.
    pub log: String,
    /// `auto` (text on a terminal, JSON elsewhere), `json` or `text`. Default: `auto`.
    pub log_format: LogFormat,
    /// Address of an OTLP collector over gRPC, such as `http://127.0.0.1:4317`; empty sends no traces. Default: empty.
    pub otlp: String,
    /// Share of requests that are traced from the edge on, 0 to 1. Errors and slow requests are recorded beside it.
    /// Default: 0.01.
    pub sample: f64,
    /// A request that takes longer is recorded although it was not sampled. Default: 500.
    pub slow_request_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            log_format: LogFormat::Auto,
            otlp: String::new(),
            sample: 0.01,
            slow_request_ms: 500,
        }
    }
}
