//! Everything that reads what strangers write, fed with anything at all: the bodies of the fuzz targets in `fuzz/`, as
//! plain functions, so that ordinary tests run them over the seeds.
//!
//! A target is a family of parsers. Its first byte says which one of them reads the rest, `a` the first. Each asserts
//! more than that nothing panics: what was read is written and read again, what arrives in pieces is what arrives whole,
//! what is refused stays refused, and nothing grows beyond its bound. `docs/fuzzing.md` lists the parsers.

mod credentials;
mod future;
mod heads;
mod peers;
mod realtime;
mod records;
mod shop;
mod telemetry;
mod words;

// A binary names its own target alone, so that the others are not in it.
pub use credentials::feed as credentials;
pub use heads::feed as heads;
pub use peers::feed as peers;
pub use realtime::feed as realtime;
pub use records::feed as records;
pub use shop::feed as shop;
pub use telemetry::feed as telemetry;
pub use words::feed as words;

/// Feeds one input to a family of parsers.
pub type Target = fn(&[u8]);

/// Every target under its name, which is also that of its binary and of its folder of seeds.
pub const TARGETS: [(&str, Target); 8] = [
    ("credentials", credentials),
    ("heads", heads),
    ("peers", peers),
    ("realtime", realtime),
    ("records", records),
    ("shop", shop),
    ("telemetry", telemetry),
    ("words", words),
];

/// Which of `count` parsers is meant, and what it is to read.
fn choose(bytes: &[u8], count: u8) -> Option<(u8, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    Some((first.wrapping_sub(b'a') % count, rest))
}

/// The same for parsers of text; what is no UTF-8 never reaches them.
fn choose_text(bytes: &[u8], count: u8) -> Option<(u8, &str)> {
    let (choice, rest) = choose(bytes, count)?;
    Some((choice, std::str::from_utf8(rest).ok()?))
}
