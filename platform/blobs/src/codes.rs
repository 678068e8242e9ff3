//! The codes that stores of objects raise.

use mainstay_core::{Code, Kind};

pub const BAD_KEY: Code = Code::new(
    "blobs.bad_key",
    Kind::InvalidArgument,
    "The key of an object cannot be used",
    "Use parts of lower-case letters, digits, dashes, underscores and points, with slashes between.",
);
pub const TOO_LARGE: Code = Code::new(
    "blobs.too_large",
    Kind::OutOfRange,
    "The object is too large",
    "Send less; the message says how much is taken. Nothing was stored.",
);
pub const MISMATCH: Code = Code::new(
    "blobs.mismatch",
    Kind::InvalidArgument,
    "The bytes are not those that were announced",
    "Send it again, with the length and the digest of what is sent. Nothing was stored.",
);
pub const FULL: Code = Code::new(
    "blobs.full",
    // Nothing was stored, and that is known.
    Kind::ResourceExhausted,
    "There is no room for the object",
    "Nothing was stored. Make room; the next one goes through without a restart.",
);
pub const RANGE: Code = Code::new(
    "blobs.range",
    Kind::OutOfRange,
    "The object has no such bytes",
    "Ask for a range within its size, which Content-Range names.",
);
pub const DAMAGED: Code = Code::new(
    "blobs.damaged",
    Kind::DataLoss,
    "A stored object is damaged",
    "Restore it from a copy; the log names it.",
);
pub const IO: Code = Code::new(
    "blobs.io",
    Kind::Unavailable,
    "The store of objects cannot read or write its files",
    "Ask again. Look at the disk and the log of the service.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[&BAD_KEY, &TOO_LARGE, &MISMATCH, &FULL, &RANGE, &DAMAGED, &IO];
