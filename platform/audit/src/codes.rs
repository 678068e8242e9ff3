//! The codes that this crate raises.

use mainstay_core::{Code, Kind};

pub const BROKEN: Code = Code::new(
    "audit.broken",
    Kind::DataLoss,
    "The audit log is not what was written",
    "Somebody changed it beside the service. Find out who could, and compare with a backup; the message says where.",
);
pub const UNREADABLE: Code = Code::new(
    "audit.unreadable",
    Kind::Internal,
    "Something cannot be put into the audit log",
    "The message names what has no JSON form.",
);

/// Every code of this crate.
pub const CODES: &[&Code] = &[&BROKEN, &UNREADABLE];
