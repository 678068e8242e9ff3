//! What the shop reads of strangers beyond its contracts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mainstay_parsers::shop(bytes));
