//! mainstay-telemetry
