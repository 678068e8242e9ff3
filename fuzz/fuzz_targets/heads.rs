//! What comes before a handler.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mainstay_parsers::heads(bytes));
