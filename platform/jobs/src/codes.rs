//! The codes that jobs raise.

use mainstay_core::{Code, Kind};

pub const TOO_LARGE: Code = Code::new(
    "jobs.too_large",
    Kind::InvalidArgument,
    "The job is too large",
    "Store the large part and give the job its id.",
);
pub const UNREADABLE: Code = Code::new(
    "jobs.unreadable",
    Kind::DataLoss,
    "The job's payload is not what its kind reads",
    "Look at the payload and at the release that wrote it; discard the job or run the release that reads it.",
);
pub const PANICKED: Code = Code::new(
    "jobs.panicked",
    Kind::Internal,
    "A job panicked",
    "The log has the panic's message. Correct the job, then retry it.",
);
pub const BAD_REGISTRATION: Code = Code::new(
    "jobs.bad_registration",
    Kind::FailedPrecondition,
    "The job cannot be registered",
    "Give each kind of job one handler and each schedule its own name.",
);
pub const BAD_SCHEDULE: Code = Code::new(
    "jobs.bad_schedule",
    Kind::InvalidArgument,
    "The schedule's pattern cannot be used",
    "Write five fields (minute, hour, day, month, weekday) or six with seconds first, in UTC, that some day matches.",
);
pub const NO_SUCH_JOB: Code = Code::new(
    "jobs.no_such_job",
    Kind::NotFound,
    "There is no such job",
    "List the jobs; finished ones are deleted after a day.",
);
pub const NOT_DEAD: Code = Code::new(
    "jobs.not_dead",
    Kind::FailedPrecondition,
    "The job is not dead",
    "Only a dead job waits for a person; the others go on by themselves.",
);
pub const KEY_TAKEN: Code = Code::new(
    "jobs.key_taken",
    Kind::FailedPrecondition,
    "Another job has the unique key by now",
    "Wait for that one to end, or discard the dead job.",
);

/// Every code of this module, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &TOO_LARGE,
    &UNREADABLE,
    &PANICKED,
    &BAD_REGISTRATION,
    &BAD_SCHEDULE,
    &NO_SUCH_JOB,
    &NOT_DEAD,
    &KEY_TAKEN,
];
