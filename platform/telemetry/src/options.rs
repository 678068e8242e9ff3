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
    /// Which log lines go to the store and to the collector; filter directives as in `log`. Default: `info`.
    pub keep: String,
    /// Address of an OTLP collector over gRPC, such as `http://127.0.0.1:4317`, for traces, log lines and metrics; empty sends
    /// nothing. Default: empty.
    pub otlp: String,
    /// Keeps traces, log lines and metrics in a store of this process, for the operator's commands. Default: true.
    pub store: bool,
    /// The store forgets what is older. Default: 24.
    pub store_hours: u64,
    /// The store's size; beyond it the oldest is dropped. Default: 256.
    pub store_mb: u64,
    /// Takes in what other processes send over OTLP, at this address such as `127.0.0.1:4317`; empty opens no port.
    /// Default: empty.
    pub receive: String,
    /// Share of requests that are traced from the edge on, 0 to 1. Errors and slow requests are kept beside it.
    /// Default: 0.01.
    pub sample: f64,
    /// A request that takes longer is kept although it was not sampled. Default: 500.
    pub slow_request_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            log: "info".to_owned(),
            log_format: LogFormat::Auto,
            keep: "info".to_owned(),
            otlp: String::new(),
            store: true,
            store_hours: 24,
            store_mb: 256,
            receive: String::new(),
            sample: 0.01,
            slow_request_ms: 500,
        }
    }
}
