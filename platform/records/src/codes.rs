//! The error codes of files as a whole. What is wrong with one line is a [`Fault`](crate::Fault).

use mainstay_core::{Code, Kind};

/// The file cannot be read or written.
pub const UNREADABLE: Code = Code::new(
    "records.unreadable",
    Kind::Unavailable,
    "The file cannot be read or written",
    "Look at its path, its permissions and the disk.",
);

/// What is written is read no more.
pub const CLOSED: Code = Code::new(
    "records.closed",
    Kind::Cancelled,
    "Nobody reads the file any more",
    "Nothing, if the reader has what it wanted; else look at why it ended.",
);

/// The file ends inside its compression, or its compression is damaged.
pub const CUT: Code = Code::new(
    "records.cut",
    Kind::InvalidArgument,
    "The file is cut off or damaged",
    "Fetch it again; a compressed file is read to its end or not at all.",
);

/// The file unpacks to far more than files of records do.
pub const BOMB: Code = Code::new(
    "records.bomb",
    Kind::InvalidArgument,
    "The file unpacks to too much",
    "Unpack it by hand if it is what it should be, and give the plain file.",
);

/// The first line does not name the columns.
pub const HEADER: Code = Code::new(
    "records.header",
    Kind::InvalidArgument,
    "The header does not name the columns",
    "Write the columns' names into the first line, each once, in any order.",
);

/// Every code of this crate, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[&UNREADABLE, &CLOSED, &CUT, &BOMB, &HEADER];
