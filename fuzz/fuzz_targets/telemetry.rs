//! What processes tell about themselves.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mainstay_parsers::telemetry(bytes));
