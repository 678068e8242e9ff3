//! The error codes of imports as a whole. What is wrong with a line is a [`Fault`](crate::model::Fault) with a reason.

use mainstay_core::{Code, Kind};

/// There is no such import.
pub const UNKNOWN: Code = Code::new(
    "imports.unknown",
    Kind::NotFound,
    "There is no such import",
    "List them with `mainstay shop imports list`.",
);

/// Lines came after the import had been finished.
pub const FINISHED: Code = Code::new(
    "imports.finished",
    Kind::FailedPrecondition,
    "The import takes no more lines",
    "Begin another import for another file.",
);

/// Lines came before those that stand before them in the file.
pub const OUT_OF_TURN: Code = Code::new(
    "imports.out_of_turn",
    Kind::Aborted,
    "Lines came before their turn",
    "Send the lines before them first, then these again; what is staged already is passed over.",
);

/// Every code of this service, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&UNKNOWN, &FINISHED, &OUT_OF_TURN];
