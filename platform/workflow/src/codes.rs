//! The error codes that this crate raises.

use mainstay_core::{Code, Kind};

pub const RUN_EXISTS: Code = Code::new(
    "workflow.run_exists",
    Kind::AlreadyExists,
    "A run of that id was started before",
    "Ask for its status instead of starting it again.",
);
pub const UNKNOWN_RUN: Code = Code::new(
    "workflow.unknown_run",
    Kind::NotFound,
    "There is no such run",
    "Check the id. Runs that ended long ago are pruned.",
);
pub const UNKNOWN_VERSION: Code = Code::new(
    "workflow.unknown_version",
    Kind::FailedPrecondition,
    "Runs are under way whose definition this program does not have",
    "Start a release that still has the named versions and let those runs end.",
);
pub const DEFINITION_CHANGED: Code = Code::new(
    "workflow.definition_changed",
    Kind::FailedPrecondition,
    "A saga's steps changed under runs that are under way",
    "Keep the old definition beside the new one and give the new one the next version number.",
);
pub const BAD_DEFINITION: Code = Code::new(
    "workflow.bad_definition",
    Kind::Internal,
    "A saga is not well defined",
    "This is a mistake in the program; the message names it.",
);
pub const TIMED_OUT: Code = Code::new(
    "workflow.timed_out",
    Kind::Aborted,
    "It was given up because it took too long",
    "What had been done was undone. Start anew.",
);
pub const STEP_PANICKED: Code = Code::new(
    "workflow.step_panicked",
    Kind::Unknown,
    "A step broke down",
    "Report it with the id of the run; the log has the panic.",
);
pub const NOT_PARKED: Code = Code::new(
    "workflow.not_parked",
    Kind::FailedPrecondition,
    "The run is not parked",
    "Only parked runs are resumed; look at its status.",
);
pub const SIGNALS_FULL: Code = Code::new(
    "workflow.signals_full",
    Kind::FailedPrecondition,
    "The run was sent too many signals",
    "Whoever sends them is probably in a loop; look at the run.",
);
pub const UNREADABLE_STATE: Code = Code::new(
    "workflow.unreadable_state",
    Kind::DataLoss,
    "The stored state does not fit its definition",
    "State types change by adding optional fields; restore the release that wrote it, or give the saga a new version.",
);
pub const UNREADABLE_EVENT: Code = Code::new(
    "workflow.unreadable_event",
    Kind::DataLoss,
    "A stored event does not fit its type",
    "An upcaster is missing for a version that was stored; the message names it.",
);

/// Every code of this crate, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &RUN_EXISTS,
    &UNKNOWN_RUN,
    &UNKNOWN_VERSION,
    &DEFINITION_CHANGED,
    &BAD_DEFINITION,
    &TIMED_OUT,
    &STEP_PANICKED,
    &NOT_PARKED,
    &SIGNALS_FULL,
    &UNREADABLE_STATE,
    &UNREADABLE_EVENT,
];
