//! The codes that the host raises.

use mainstay_core::{Code, Kind};

pub const PORT_TAKEN: Code = Code::new(
    "host.port_taken",
    Kind::FailedPrecondition,
    "The address to listen on is not free",
    "End the process that listens there, or choose another address with the key that the message names.",
);
pub const NO_PEER: Code = Code::new(
    "host.no_peer",
    Kind::InvalidArgument,
    "A service that is called is neither mounted here nor is its address known",
    "Mount it in this process, or name its address in the [peers] section.",
);
pub const NO_ENGINE: Code = Code::new(
    "host.no_engine",
    Kind::InvalidArgument,
    "No engine of this binary opens the URL",
    "Use one of the schemes that the message lists.",
);
pub const NOT_STARTED: Code = Code::new(
    "host.not_started",
    Kind::Internal,
    "A service could not be put together",
    "The message names the service and its reason.",
);
pub const DATA_FOLDER: Code = Code::new(
    "host.data_folder",
    Kind::FailedPrecondition,
    "The data folder cannot be used",
    "Make the folder that the message names writable, or choose another one with `process.data`.",
);
pub const NOTHING_HERE: Code = Code::new(
    "host.nothing_here",
    Kind::FailedPrecondition,
    "Nothing is kept there yet",
    "Start the system once, or name the folder that it works in with `--data`.",
);
pub const NOT_DRAINED: Code = Code::new(
    "host.not_drained",
    Kind::DeadlineExceeded,
    "The process ended before everything it held was finished",
    "Nothing that was acknowledged is lost. Give it longer with `process.drain_seconds`; the log names what did not end.",
);

/// Every code of this crate.
pub const CODES: &[&Code] =
    &[&PORT_TAKEN, &NO_PEER, &NO_ENGINE, &NOT_STARTED, &DATA_FOLDER, &NOTHING_HERE, &NOT_DRAINED];
