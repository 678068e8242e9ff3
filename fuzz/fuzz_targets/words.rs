//! Words as people write them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mainstay_parsers::words(bytes));
