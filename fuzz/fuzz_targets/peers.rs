//! What services send each other.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mainstay_parsers::peers(bytes));
