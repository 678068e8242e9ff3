//! What somebody shows to say who they are.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mainstay_parsers::credentials(bytes));
